"""Time and memory against a recording's length, of whole processes."""
import math
import pathlib
import random
import re
import resource
import struct
import subprocess
import time
import wave

from parts.chain import CHAIN
from parts.common import Failure

RATE = 16000
BLOCK_SECONDS = 60


def block(bench):
    """A minute of sound, repeated for as long as needed: the recording, or noise with lines that come and go."""
    if bench.recording:
        path = bench.folder / 'recording.wav'
        bench.call(bench.launch(f'filesrc location={pathlib.Path(bench.recording).resolve()} ! decodebin ! audioconvert ! '
                                f'audioresample ! audio/x-raw,format=S16LE,rate={RATE},channels=1 ! wavenc ! '
                                f'filesink location={path}'))
        with wave.open(str(path)) as sound:
            samples = sound.readframes(sound.getnframes())
        return (samples * math.ceil(2 * RATE * BLOCK_SECONDS / len(samples)))[:2 * RATE * BLOCK_SECONDS]
    gauss = random.Random(1).gauss
    second = [gauss(0, 2000) for _ in range(RATE)]
    line = [2500 * math.sin(2 * math.pi * 440 * i / RATE) for i in range(RATE)]
    quiet = struct.pack(f'<{RATE}h', *(int(a) for a in second))
    loud = struct.pack(f'<{RATE}h', *(int(a + b) for a, b in zip(second, line)))
    return (quiet * 7 + loud * 5) * (BLOCK_SECONDS // 12)


def memory_kb(pid):
    """Resident memory now and at its peak; None where the process has just ended."""
    text = pathlib.Path(f'/proc/{pid}/status').read_text()
    found = {name: re.search(rf'{name}:\s*(\d+)', text) for name in ('VmRSS', 'VmHWM')}
    return {name: int(m.group(1)) for name, m in found.items()} if all(found.values()) else None


def to_table(bench, sound, minutes):
    """Through a pipe; the memory is read while the process has worked on all of it and waits for more."""
    command = bench.launch(
        f'fdsrc fd=0 ! rawaudioparse format=pcm pcm-format=s16le sample-rate={RATE} num-channels=1 ! audioconvert ! '
        f'audioresample ! {CHAIN} signaturetable ! filesink buffer-mode=unbuffered '
        f'location={bench.folder}/growth.csv')
    begin, memory = (time.monotonic(), children_seconds()), None
    with open(bench.folder / 'growth.log', 'w+') as log:
        process = subprocess.Popen(command, env=bench.env, stdin=subprocess.PIPE, stdout=log, stderr=log)
        try:
            for part in parts_of(sound, minutes):
                process.stdin.write(part)
            process.stdin.flush()
            settle(process.pid)
            memory = memory_kb(process.pid)
            process.stdin.close()
        except (BrokenPipeError, FileNotFoundError):
            pass  # it has ended, and says why
        process.wait()
        return result_of(process, memory, log, begin, minutes)


def to_folder(bench, sound, minutes):
    """sonar-render needs a file, and ends by itself: the last that was seen of its memory counts."""
    path = bench.folder / 'growth.wav'
    with wave.open(str(path), 'wb') as out:
        out.setparams((1, 2, RATE, 0, 'NONE', ''))
        for part in parts_of(sound, minutes):
            out.writeframesraw(part)
    command = [bench.program('pipelines/sonar-render'), path, '--no-sound', '-o', bench.folder / 'render']
    begin, memory = (time.monotonic(), children_seconds()), None
    with open(bench.folder / 'growth.log', 'w+') as log:
        process = subprocess.Popen(command, env=bench.env, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        while process.poll() is None:
            memory = memory_kb(process.pid) or memory
            time.sleep(0.05)
        path.unlink()
        return result_of(process, memory, log, begin, minutes)


def parts_of(sound, minutes):
    whole = int(minutes * 60 * RATE) * 2
    for at in range(0, whole, len(sound)):
        yield sound[:min(len(sound), whole - at)]


def result_of(process, memory, log, begin, minutes):
    if process.returncode or not memory:
        log.seek(0)
        raise Failure(f'{" ".join(str(a) for a in process.args)}\n{log.read()[-2000:]}')
    return {'minutes': minutes, 'seconds': time.monotonic() - begin[0], 'cpu_seconds': children_seconds() - begin[1],
            'rss_kb': memory['VmRSS'], 'peak_rss_kb': memory['VmHWM']}


def children_seconds():
    """Processor time of the processes that have ended."""
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def settle(pid):
    """Waits until a process does no more work."""
    def ticks():
        fields = pathlib.Path(f'/proc/{pid}/stat').read_text().rpartition(')')[2].split()
        return int(fields[11]) + int(fields[12])
    last = -1
    while last != (last := ticks()):
        time.sleep(0.1)


def against_first(bench, what, results):
    """Rows and plots of a chain's results: the first one, times the length, predicts the others."""
    first, rows, plots = results[0], [], []
    for r in results:
        minutes = f'{r["minutes"]:g} min'
        times = r['minutes'] / first['minutes']
        linear = first['seconds'] * times
        growth = r['rss_kb'] / first['rss_kb'] - 1
        later = r is not first
        rows.append(bench.row(f'{what}, {minutes}', r['seconds'], 's', 'linear' if later else 'real time',
                              (linear if later else 60 * r['minutes']) / r['seconds']))
        rows.append(bench.row(f'{what}, {minutes}, processor time', r['cpu_seconds'], 's', 'linear' if later else None,
                              first['cpu_seconds'] * times / r['cpu_seconds'] if later else None))
        rows.append(bench.row(f'{what}, {minutes}, memory', r['rss_kb'] / 1024, 'MB',
                              f'{100 * growth:+.1f} %' if later else None, None, 'within 5 %' if later else None,
                              abs(growth) <= 0.05 if later else None))
    lengths = [r['minutes'] for r in results]
    plots.append({'name': f'growth-{what.replace(" ", "-")}', 'title': f'{what}: time and memory against length',
                  'kind': 'lines', 'x': 'minutes of sound', 'log': True, 'y': 'seconds', 'y2': 'MB',
                  'lines': [['seconds', 1, [[r['minutes'], r['seconds']] for r in results]],
                            [f'linear from {lengths[0]:g} min', 1,
                             [[m, first['seconds'] * m / first['minutes']] for m in lengths]],
                            ['MB resident at the end', 2, [[r['minutes'], r['rss_kb'] / 1024] for r in results]]]})
    return rows, plots


def measure(bench):
    sound = block(bench)
    lengths = [0.1, 0.2] if bench.smoke else bench.minutes
    rows, plots, data = [], [], {}
    for what, run in (('recording to table', to_table), ('sonar-render', to_folder)):
        # a video of the longest lengths takes an hour
        mine = [m for m in lengths if run is to_table or m <= 100]
        data[what] = [run(bench, sound, m) for m in mine]
        more_rows, more_plots = against_first(bench, what, data[what])
        rows += more_rows
        plots += more_plots
    return {'rows': rows, 'plots': plots, 'data': data}
