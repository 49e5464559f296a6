"""The parts of tests/bench/run.

A part is a module with a function `measure(bench)` that returns its rows (bench.row) and, where it has any, its plots and
its data: a dictionary with `rows`, `plots`, `data`. It measures whole processes, or has a program of tests/bench measure
and reads the JSON that its `--json FILE` wrote. To add one, write the module and name it here.
"""
import importlib

NAMES = ['spectrogram', 'chain', 'growth', 'start', 'streams', 'scorecam', 'training', 'audio']


def part(name):
    return importlib.import_module(f'parts.{name}')
