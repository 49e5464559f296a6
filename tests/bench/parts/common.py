"""What the parts share: the build's environment, sounds, processes run in turn, rows of the table."""
import json
import os
import pathlib
import random
import statistics
import struct
import subprocess
import time
import wave

ROOT = pathlib.Path(__file__).resolve().parents[3]


def environment(build):
    """That in which a build runs uninstalled."""
    env = dict(os.environ)
    env['GST_PLUGIN_PATH_1_0'] = str(build / 'gst')
    env['GST_REGISTRY_1_0'] = str(build / 'gst/registry.bin')
    env['GST_SONAR_MODEL_PATH'] = str(ROOT / 'models/shipped')
    return env


def write_noise(path, rate, seconds):
    gauss = random.Random(1).gauss
    second = struct.pack(f'<{rate}h', *(int(gauss(0, 3000)) for _ in range(rate)))
    with wave.open(str(path), 'wb') as out:
        out.setparams((1, 2, rate, 0, 'NONE', ''))
        for _ in range(seconds):
            out.writeframesraw(second)


class Failure(Exception):
    """What a person must know or do; the run ends."""


class Skip(Exception):
    """Why a part cannot be measured here."""


class Bench:
    """What is asked for, and the means to measure it."""

    def __init__(self, options, folder):
        self.build, self.runs, self.smoke = options.build, options.runs, options.smoke
        self.seconds, self.minutes, self.recording = options.seconds, options.minutes, options.recording
        self.seed, self.scenes = options.seed, options.scenes
        self.folder = pathlib.Path(folder)
        self.env = environment(self.build)
        if not (self.build / 'gst').is_dir():
            raise Failure(f'{self.build} is no build of this project; make one with pipelines/setup, or name it by --build')
        # the registry is scanned once, before anything is timed
        self.call(['gst-inspect-1.0', 'sonarspectrogram'])

    # processes

    def call(self, command, **more):
        """Wall-clock seconds of a process that must succeed."""
        begin = time.monotonic()
        done = subprocess.run([str(c) for c in command], env=self.env, stdin=subprocess.DEVNULL, capture_output=True,
                              text=True, **more)
        took = time.monotonic() - begin
        if done.returncode:
            raise Failure(f'{" ".join(str(c) for c in command)}\n{done.stdout[-2000:]}{done.stderr[-2000:]}')
        return took

    def launch(self, pipeline):
        return ['gst-launch-1.0', '-q', *pipeline.split()]

    def in_turn(self, *commands):
        """Seconds of each command, run in turn self.runs times, after one turn that does not count."""
        return self.turns([lambda c=c: self.call(c) for c in commands])

    def turns(self, measures):
        """The same of functions that return what they measured."""
        warm = 0 if self.smoke else 1
        turns = [[m() for m in measures] for _ in range(self.runs + warm)]
        return list(zip(*turns[warm:]))

    def program(self, name):
        """A program of this build, e.g. 'tests/bench/bench_streams'."""
        path = self.build / name
        if not path.exists():
            raise Skip(f'{path} is not built (ninja -C {self.build} bench)')
        return path

    def json_of(self, name, *arguments):
        """What a bench program writes with --json."""
        program, out = self.program(name), self.folder / 'program.json'
        out.unlink(missing_ok=True)
        self.call([program, *arguments, '--json', out])
        if not out.exists():
            raise Skip(f'{name} wrote no JSON')
        return json.loads(out.read_text())

    # sounds

    def noise(self, rate, seconds):
        """A WAV file of noise, the same every second."""
        path = self.folder / f'noise-{rate}-{seconds}.wav'
        if not path.exists():
            write_noise(path, rate, seconds)
        return path

    # rows

    @staticmethod
    def row(what, value, unit, other=None, times=None, target=None, met=None):
        """A line of the table: a figure, what it is compared with and how many times better it is, what is aimed at."""
        return {'what': what, 'value': value, 'unit': unit, 'other': other, 'times': times, 'target': target, 'met': met}


def median(values):
    return statistics.median(values)


def median_ratio(ours, others):
    """How many times longer the others took, pair by pair."""
    return statistics.median(b / a for a, b in zip(ours, others))
