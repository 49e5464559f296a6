#!/usr/bin/env python3
"""What the scripts of pipelines/ leave behind when they are used otherwise than planned.

usage: results_test.py SOURCE_ROOT     (environment as set by Meson)
"""
import csv
import json
import math
import os
import pathlib
import random
import signal
import struct
import subprocess
import sys
import tempfile
import time
import unittest
import wave

ROOT = pathlib.Path(sys.argv.pop(1))
PIPELINES = ROOT / 'pipelines'


def run(*command, timeout=60):
    return subprocess.run([str(c) for c in command], capture_output=True, text=True, timeout=timeout)


def write_wav(path, rate, seconds, tone=(0, 0)):
    """Noise, with a tone of 400 Hz between two times."""
    noise = random.Random(2)
    values = [int(noise.gauss(0, 100) + (8000 * math.sin(800 * math.pi * i / rate)
                                         if tone[0] <= i / rate < tone[1] else 0)) for i in range(int(rate * seconds))]
    with wave.open(str(path), 'wb') as out:
        out.setparams((1, 2, rate, 0, 'NONE', ''))
        out.writeframes(struct.pack(f'<{len(values)}h', *values))


class Results(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.tmp = pathlib.Path(folder.name)

    def test_sound_and_table_are_whole_after_an_interrupt(self):
        recording = self.tmp / 'silent hour.wav'
        with wave.open(str(recording), 'wb') as out:
            out.setparams((1, 2, 8000, 0, 'NONE', ''))
            out.writeframes(bytes(2 * 8000 * 3600))
        for script, least in (('audio', 100000), ('table', 1)):
            to = self.tmp / f'interrupted {script}'
            running = subprocess.Popen([PIPELINES / script, recording, to], start_new_session=True,
                                       stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
            for _ in range(200):
                if to.exists() and to.stat().st_size >= least:
                    break
                time.sleep(0.05)
            os.killpg(running.pid, signal.SIGINT)
            errors = running.communicate(timeout=20)[1]
            self.assertNotIn(b'ERROR', errors)
            self.assertGreaterEqual(to.stat().st_size, least)
        data = (self.tmp / 'interrupted audio').read_bytes()
        begin = data.index(b'data') + 8
        size, = struct.unpack('<I', data[begin - 4:begin])
        self.assertGreaterEqual(len(data), begin + size)
        self.assertLess(size, 4 * 16000 * 3600)
        self.assertTrue((self.tmp / 'interrupted table').read_text().startswith('id,begin_s'))

    def test_no_script_writes_over_its_recording(self):
        recording, other = self.tmp / 'keep.wav', self.tmp / 'other'
        write_wav(recording, 8000, 0.1)
        whole = recording.read_bytes()
        for script, *results in (('video', recording), ('table', recording), ('audio', recording),
                                 ('visualizers', recording), ('picture-in-picture', recording), ('demon', recording),
                                 ('lofar', recording, other), ('lofar', other, recording)):
            with self.subTest(script=script):
                done = run(PIPELINES / script, recording, *results)
                self.assertEqual(done.returncode, 1)
                self.assertIn('keep.wav is the recording itself; write to another file', done.stderr)
                self.assertEqual(recording.read_bytes(), whole)
                self.assertFalse(other.exists())

    def test_clips_table_and_sound_come_from_one_pipeline(self):
        folder, table, sound = self.tmp / 'one', self.tmp / 'one.csv', self.tmp / 'one.wav'
        folder.mkdir()
        recording = self.tmp / 'burst.wav'
        write_wav(recording, 8000, 20, tone=(8, 12))
        # as the elements' pages say: what comes sooner waits in queues without limits
        wait = 'queue max-size-time=0 max-size-bytes=0 max-size-buffers=0'
        done = run('gst-launch-1.0', '-e', '-q', *(
            f'filesrc location={recording} ! decodebin ! tee name=t '
            't. ! queue ! audioconvert ! audioresample ! sonarspectrogram mode=lofar ! '
            f'signatureextract detection=excess ! tee name=u u. ! {wait} ! signatureclips name=c location={folder} '
            f'u. ! {wait} ! signaturetable ! filesink location={table} '
            f'u. ! queue ! signatureaudio ! wavenc ! filesink location={sound} '
            f't. ! {wait} ! audioconvert ! c.audio').split(), timeout=30)
        self.assertEqual((done.returncode, done.stderr), (0, ''))
        with open(table, newline='') as rows:
            ids = [int(row['id']) for row in csv.DictReader(rows)]
        clips = [json.loads(line) for line in (folder / 'clips.jsonl').read_text().splitlines()]
        self.assertGreater(len(ids), 0)
        self.assertEqual(sorted({i for clip in clips for i in clip['region_ids']}), sorted(ids))
        self.assertEqual(sound.read_bytes()[:4], b'RIFF')
        self.assertGreaterEqual(sound.stat().st_size, 4 * 8000 * 20)


if __name__ == '__main__':
    unittest.main(verbosity=2)
