#!/usr/bin/env python3
"""Runs `sonar-model propulsion` as a user does (environment as set by Meson)."""
import json
import math
import pathlib
import random
import struct
import subprocess
import tempfile
import unittest
import wave

RATE, SECONDS = 4000, 40


def call(*command):
    return subprocess.run(['sonar-model', 'propulsion', *(str(c) for c in command)],
                          capture_output=True, text=True, timeout=120)


def write_propeller(path, shaft_hz, blades):
    """Noise whose strength follows the blades; one blade differs from the others."""
    rng = random.Random(5)
    samples = []
    for i in range(RATE * SECONDS):
        turn = 2 * math.pi * shaft_hz * i / RATE
        strength = 1 + 0.35 * math.cos(blades * turn) + 0.12 * math.cos(turn) + 0.12 * math.cos(2 * turn + 1)
        samples.append(int(2000 * strength * rng.gauss(0, 1)))
    with wave.open(str(path), 'wb') as out:
        out.setparams((1, 2, RATE, 0, 'NONE', ''))
        out.writeframes(struct.pack(f'<{len(samples)}h', *samples))


def write_spectra(folder, ships):
    """Lines on the shaft's harmonics, high ones on the blades', over noise; every fourth: noise alone, unclear."""
    rng, rows, spectra = random.Random(3), [], []
    for i in range(ships):
        clear, blades = i % 4 != 3, 3 + i % 3
        shaft = rng.uniform(8, 11) / blades
        power = [rng.gammavariate(8, 1 / 8) for _ in range(499)]
        for h in range(1, 3 * blades + 1 if clear else 1):
            for k in range(499):
                power[k] += (12 if h % blades else 50) / h * math.exp(-(k - 10 * h * shaft) ** 2)
        spectra += [math.sqrt(p) for p in power]
        rows.append(f'{i},{i},tug,{clear},{shaft if clear else ""},{blades if clear else ""},vessel {i % 9}')
    (folder / 'labels.csv').write_text('row,id,class,is_clear,shaft_hz,blades,vessel\n' + '\n'.join(rows) + '\n')
    head = f"{{'descr': '<f4', 'fortran_order': False, 'shape': ({ships}, 499), }}\n".encode()
    (folder / 'spectra.npy').write_bytes(b'\x93NUMPY\x01\x00' + struct.pack('<H', len(head)) + head
                                         + struct.pack(f'<{len(spectra)}f', *spectra))


class Propulsion(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.keep = tempfile.TemporaryDirectory()
        cls.tmp = pathlib.Path(cls.keep.name)
        cls.ship = cls.tmp / 'ship.wav'
        write_propeller(cls.ship, 2.31, 4)

    @classmethod
    def tearDownClass(cls):
        cls.keep.cleanup()

    def test_a_recording_tells_its_shaft_rate_and_blades(self):
        for more in ((), ('--sub-bands', 1), ('--square-law',)):
            done = call(self.ship, '--rate', RATE, '--max-frequency', 1900, '--json', *more)
            self.assertEqual(done.returncode, 0, done.stderr)
            told = json.loads(done.stdout)
            self.assertNotIn('score', told)
            ship, = told['recordings']
            self.assertAlmostEqual(ship['shaft_hz'], 2.31, delta=0.02)
            self.assertEqual(ship['blades'], 4)
            self.assertAlmostEqual(ship['blade_hz'], 4 * ship['shaft_hz'], places=6)
            self.assertEqual(ship['candidates'][0]['probability'], ship['confidence'])

    def test_annotated_recordings_are_scored(self):
        listed = self.tmp / 'list.csv'
        listed.write_text('path,shaft_hz,blades\nship.wav,2.31,4\nship.wav,1.155,5\nship.wav,,\n')
        done = call(listed, '--rate', RATE, '--max-frequency', 1900)
        self.assertEqual(done.returncode, 0, done.stderr)
        for words in ('2 clear spectra', 'within 2 %: 50.0 %', 'blades right: 50.0 %', 'times the annotated:  2: 1\n'):
            self.assertIn(words, done.stdout)

    def test_weights_are_fitted_to_a_folder_and_scored_on_held_out_vessels(self):
        folder = self.tmp / 'demon'
        folder.mkdir()
        write_spectra(folder, 36)
        headers = []
        for name in ('one.h', 'two.h'):
            done = call(folder, '--fit', self.tmp / name, '--threads', 2)
            self.assertEqual(done.returncode, 0, done.stderr)
            headers.append((self.tmp / name).read_text())
        self.assertEqual(headers[0], headers[1])
        self.assertIn('on 36 annotated', headers[0])
        done = call(folder, '--folds', 3, '--threads', 2, '--json')
        self.assertEqual(done.returncode, 0, done.stderr)
        score = json.loads(done.stdout)['as they are']['score']
        self.assertEqual((score['shafts'], score['unclear']), (27, 9))
        self.assertGreater(score['within_2_percent'], 0.9)

    def test_a_fit_needs_one_folder_and_nothing_else(self):
        for given, words in (((self.ship, '--folds', 5), 'needs one folder'),
                             ((self.tmp, self.tmp, '--fit', 'w.h'), 'needs one folder')):
            done = call(*given)
            self.assertEqual(done.returncode, 1)
            self.assertIn(words, done.stderr)

    def test_what_cannot_be_read_is_refused_with_a_reason(self):
        for given, words in ((self.tmp / 'none.wav', 'none.wav'), (self.tmp, 'spectra.npy')):
            done = call(given)
            self.assertEqual(done.returncode, 1)
            self.assertIn(words, done.stderr)


if __name__ == '__main__':
    unittest.main()
