#!/usr/bin/env python3
"""Runs `sonar-model explain` as a user does (environment as set by Meson).

Each preset's map is made again in numpy from the feature maps and weights that came with it. Skips (exit 77) without numpy.
"""
import json
import pathlib
import subprocess
import sys
import tempfile
import unittest

try:
    import numpy as np
except ImportError:
    print('skipped: needs numpy')
    sys.exit(77)

PRESETS = ('released', 'paper-v2', 'grad-cam', 'torch-cam')
EQUAL = 1e-5


def explain(*arguments):
    return subprocess.run(['sonar-model', 'explain', *map(str, arguments)], capture_output=True, text=True, timeout=300)


def scaled(x, epsilon=0.0):
    return (x - x.min()) / (x.max() - x.min() + epsilon)


def upsampled(a, shape):
    """Bilinear, half-pixel centres."""
    def matrix(source, size):
        centres = np.clip((np.arange(size) + 0.5) * source / size - 0.5, 0, source - 1)
        return np.maximum(0, 1 - np.abs(centres[:, None] - np.arange(source)))
    return matrix(a.shape[0], shape[0]) @ a @ matrix(a.shape[1], shape[1]).T


def expected_map(preset, maps, weights, shape):
    summed = np.tensordot(weights.astype(np.float64), maps, 1)
    low = np.maximum(summed, 0)
    return {'released': lambda: scaled(np.maximum(upsampled(summed, shape), 0)),
            'paper-v2': lambda: scaled(upsampled(low, shape)),
            'grad-cam': lambda: scaled(upsampled(scaled(low, 1e-7), shape), 1e-7),
            'torch-cam': lambda: scaled(low, 1e-8)}[preset]()


class Explain(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.keep = tempfile.TemporaryDirectory()
        cls.tmp = pathlib.Path(cls.keep.name)
        subprocess.run(['sonar-model', 'synth', cls.tmp / 'scenes', '--classes', 'cargo', '--per-class', '1', '--seconds',
                        '40', '--no-truth'], check=True, capture_output=True, timeout=300)
        cls.sound, = (cls.tmp / 'scenes' / 'audio').iterdir()

    @classmethod
    def tearDownClass(cls):
        cls.keep.cleanup()

    def arrays(self, preset, *more):
        folder = self.tmp / '-'.join(('out', preset, *more))
        if not folder.exists():
            self.run_into(folder, preset, *more)
        return json.loads((folder / 'about.json').read_text()), {
            name: np.load(folder / f'{name}.npy') for name in ('map', 'weights', 'input', 'feature_maps')}

    def run_into(self, folder, preset, *more):
        done = explain('synthetic', self.sound, '--score-cam', preset, '--out', folder, *more)
        self.assertEqual(done.returncode, 0, done.stderr)

    def test_each_map_follows_from_its_weights_and_feature_maps(self):
        for preset in PRESETS:
            about, a = self.arrays(preset)
            pictures = len(about['pictures'])
            self.assertEqual(about['score_cam'], preset)
            self.assertGreater(pictures, 1)
            self.assertEqual(a['input'].shape, (pictures, 1, 128, 128))
            self.assertEqual(a['feature_maps'].shape, (pictures, 32, 128, 32))
            self.assertEqual(a['weights'].shape, (pictures, 32))
            self.assertEqual(a['map'].shape[1:], (128, 32 if preset == 'torch-cam' else 128))
            self.assertTrue(all(v.dtype == np.float32 for v in a.values()))
            for i in range(pictures):
                want = expected_map(preset, a['feature_maps'][i], a['weights'][i], (128, 128))
                self.assertLess(np.abs(a['map'][i] - want).max(), EQUAL, preset)
            sums = a['weights'].sum(1)
            self.assertEqual(bool(np.abs(sums - 1).max() < EQUAL), preset != 'released')

    def test_axes_are_those_of_the_recording(self):
        about, a = self.arrays('released')
        self.assertEqual(len(about['row_edges_hz']), 129)
        self.assertGreater(about['row_edges_hz'][0], about['row_edges_hz'][-1])
        columns = sum(p['valid_columns'][1] - p['valid_columns'][0] for p in about['pictures'])
        self.assertAlmostEqual(columns * about['column_seconds'], 40, delta=2)
        last = about['pictures'][-1]['seconds'][1]
        self.assertTrue(38 < last < 40, last)

    def test_a_class_that_is_named_is_explained(self):
        about, named = self.arrays('torch-cam', '--class', 'ferry')
        self.assertEqual({p['class'] for p in about['pictures']}, {'ferry'})
        said, own = self.arrays('torch-cam')
        self.assertNotEqual({p['class'] for p in said['pictures']}, {'ferry'})
        self.assertGreater(np.abs(named['weights'] - own['weights']).max(), 0.01)

    def test_without_a_folder_it_says_what_there_is(self):
        done = explain('synthetic', self.sound)
        self.assertEqual(len(done.stdout.splitlines()), 1 + len(self.arrays('released')[0]['pictures']))
        told = json.loads(explain('synthetic', self.sound, '--json').stdout)
        self.assertEqual(told, self.arrays('released')[0])

    def test_errors_name_the_choices(self):
        for arguments, words in (((self.sound, '--score-cam', 'captum'), 'choose released, paper-v2, grad-cam, torch-cam'),
                                 ((self.sound, '--class', 'submarine'), 'the model has no class "submarine", it has'),
                                 ((self.tmp / 'none.wav',), 'does not exist'),
                                 ((self.sound, '--out', self.sound), 'cannot write')):
            done = explain('synthetic', *arguments)
            self.assertEqual(done.returncode, 1)
            self.assertIn(words, done.stderr)


if __name__ == '__main__':
    unittest.main()
