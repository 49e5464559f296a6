#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Types models' names into pipelines/change-model as a person does (environment as set by Meson).

usage: change_model_test.py SOURCE_ROOT     (skips, exit 77, without python3-gi)
"""
import math
import pathlib
import random
import shutil
import signal
import struct
import subprocess
import sys
import tempfile
import unittest
import wave

try:
    import gi
    gi.require_version('Gst', '1.0')
except (ImportError, ValueError) as missing:
    print(f'skipped: no Python bindings of GStreamer (Debian: python3-gi, gir1.2-gstreamer-1.0): {missing}')
    sys.exit(77)

ROOT = pathlib.Path(sys.argv.pop(1))
PROGRAM = ROOT / 'pipelines/change-model'


def write_wav(path, seconds, rate=1024):
    draw = random.Random(1)
    with wave.open(str(path), 'wb') as out:
        out.setnchannels(1)
        out.setsampwidth(2)
        out.setframerate(rate)
        for i in range(rate * seconds):
            out.writeframesraw(struct.pack('<h', int(4000 * math.sin(.5 * i) + 500 * draw.gauss(0, 1))))


class ChangeModel(unittest.TestCase):
    def setUp(self):
        self.keep = tempfile.TemporaryDirectory()
        self.addCleanup(self.keep.cleanup)
        self.tmp = pathlib.Path(self.keep.name)

    def start(self, *arguments):
        program = subprocess.Popen([str(a) for a in (PROGRAM, *arguments)], stdin=subprocess.PIPE,
                                   stdout=subprocess.PIPE, text=True, bufsize=1)
        self.addCleanup(program.communicate)
        self.addCleanup(program.kill)
        return program

    def wait_for(self, program, words):
        for line in program.stdout:
            if words in line:
                return line
        self.fail(f'the program ended without saying "{words}"')

    def test_a_typed_model_takes_over_and_one_that_does_not_fit_is_refused(self):
        write_wav(self.tmp / 'long.wav', 600)
        other = self.tmp / 'other.safetensors'
        shutil.copy(ROOT / 'models/shipped/synthetic.safetensors', other)
        program = self.start(self.tmp / 'long.wav', 'synthetic')
        self.wait_for(program, ' s  ')
        program.stdin.write(f'{other}\n')
        self.assertEqual(self.wait_for(program, 'the model'), f'the model is now {other}\n')
        program.stdin.write('hydrophone\nnowhere\n')
        line = self.wait_for(program, 'the model')
        self.assertTrue(line.startswith(f'the model stays {other}: The spectrogram does not fit'), line)
        self.assertIn('the model needs', line)
        self.assertIn('no model "nowhere"', self.wait_for(program, 'the model'))
        program.send_signal(signal.SIGINT)
        self.assertEqual(program.wait(timeout=60), 0)

    def test_it_ends_with_the_recording_and_says_what_is_wrong_with_one(self):
        write_wav(self.tmp / 'short.wav', 1)
        program = self.start(self.tmp / 'short.wav', 'synthetic')
        program.stdin.close()
        program.stdin = None
        self.assertIn(' s  ', program.communicate(timeout=60)[0])
        self.assertEqual(program.returncode, 0)
        program = self.start(self.tmp / 'none.wav', 'synthetic')
        self.assertIn('none.wav', program.communicate(timeout=60)[0])
        self.assertEqual(program.returncode, 1)


if __name__ == '__main__':
    unittest.main()
