#!/usr/bin/env python3
"""Holds `sonar-model evaluate` against an independent scorer of the masks that it writes.

usage: evaluate_test.py TRUTH_FOLDER CHAIN_MASKS     (environment as set by Meson)

TRUTH_FOLDER/score.py and TRUTH_FOLDER/KIND/val are used where they are: they are no part of the project.
Skips (exit 77) without numpy and scipy.
"""
import json
import pathlib
import struct
import subprocess
import sys
import tempfile
import unittest

try:
    import numpy as np
    from scipy.ndimage import binary_dilation, label
except ImportError:
    print('skipped: needs numpy and scipy')
    sys.exit(77)

TRUTH, CHAIN_MASKS = (pathlib.Path(sys.argv.pop(1)) for _ in range(2))
AROUND = np.ones((3, 3))
FIGURES = ('removed', 'kept', 'intersecting', 'intersecting_present', 'overwritten_0db', 'overwritten_3db',
           'overwritten_6db', 'iou', 'f1')
FOUR_DIGITS = 0.5e-4  # what score.py prints is rounded to four


def run(*command):
    done = subprocess.run([str(c) for c in command], capture_output=True, text=True, timeout=600)
    assert done.returncode == 0, f'{command}: {done.stderr}'
    return done.stdout


def read_truth(folder):
    with open(folder / 'truth.safetensors', 'rb') as file:
        size, = struct.unpack('<Q', file.read(8))
        header = json.loads(file.read(size))
        data = file.read()
    types = {'U8': 'u1', 'I8': 'i1', 'I16': '<i2'}
    return {name: np.frombuffer(data[slice(*t['data_offsets'])], types[t['dtype']]).reshape(t['shape'])
            for name, t in header.items() if name != '__metadata__'}


def count_regions(pixels):
    found, _ = label(pixels, AROUND)
    return int((np.bincount(found.ravel())[1:] >= 8).sum())


def score(mask, bits, snr):
    """The definitions of metrics::TruthScore, written down a second time."""
    target, weak, interferer = ((bits & bit) > 0 for bit in (1, 2, 4))
    elsewhere = interferer & ~binary_dilation(weak, AROUND)
    figures = {'removed': 1 - mask[~weak].mean(), 'kept': mask.mean(), 'intersecting': count_regions(mask & elsewhere),
               'intersecting_present': count_regions(elsewhere)}
    if target.sum() > 20:
        for db in (0, 3, 6):
            judged = target & (snr >= db) if db else target
            if judged.sum() > 5:
                figures[f'overwritten_{db}db'] = 1 - mask[judged].mean()
        counted = mask & (target | ~weak)
        figures['iou'] = (mask & target).sum() / (counted | target).sum()
        figures['f1'] = 2 * (mask & target).sum() / (counted.sum() + target.sum())
    return figures


def mean_scores(folder, masks):
    truth = read_truth(folder)
    rows = []
    for name in sorted(k[:-len('.labels')] for k in truth if k.endswith('.labels')):
        mask = np.load(masks / f'{name}.npy')
        assert mask.dtype == bool, mask.dtype
        rows.append(score(mask, truth[f'{name}.labels'], truth[f'{name}.target_snr_db']))
    return {k: np.mean([row[k] for row in rows if k in row]) for k in FIGURES if any(k in row for row in rows)}


class Evaluate(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.keep = tempfile.TemporaryDirectory()
        cls.tmp = pathlib.Path(cls.keep.name)
        cls.scenes = cls.tmp / 'scenes'
        run('sonar-model', 'synth', cls.scenes, '--per-class', '3', '--seed', '42')

    @classmethod
    def tearDownClass(cls):
        cls.keep.cleanup()

    def evaluate(self, folder, masks, *more):
        told = json.loads(run('sonar-model', 'evaluate', 'synthetic', '--truth', folder, '--dump-masks', masks,
                              '--threshold', '0.7', '--json', *more))
        return told, told['methods'][0]['thresholds'][0]

    def assert_equal(self, figures, wanted, tolerance):
        for name, value in wanted.items():
            if name in FIGURES:
                self.assertAlmostEqual(figures[name], value, delta=tolerance, msg=name)

    def test_figures_are_those_of_a_second_scorer_on_the_written_masks(self):
        for flags, part in (((), 'reported'), (('--no-abstain',), 'best')):
            masks = self.tmp / part
            _, figures = self.evaluate(self.scenes, masks, *flags)
            # the same sums in another order
            self.assert_equal(figures[part], mean_scores(self.scenes, masks), 1e-12)

    def test_figures_are_those_of_score_py(self):
        program = TRUTH / 'score.py'
        if not program.exists():
            self.skipTest(f'no {program}')
        for folder in [self.scenes, *sorted(TRUTH.glob('*/val'))]:
            with self.subTest(folder=folder):
                masks = self.tmp / 'masks' / folder.parent.name
                told, figures = self.evaluate(folder, masks, '--no-abstain')
                scored = json.loads(run(sys.executable, program, folder, masks))
                self.assert_equal(figures['best'], scored, FOUR_DIGITS)
                self.assertAlmostEqual(told['classification']['accuracy'], scored['accuracy'], delta=FOUR_DIGITS)

    def test_masks_and_classes_are_those_of_the_elements(self):
        told, chain = self.tmp / 'told', self.tmp / 'chain'
        self.evaluate(self.scenes, told)
        recordings = sorted((self.scenes / 'audio').glob('*.wav'))
        run(CHAIN_MASKS, 'synthetic', chain, 'threshold=0.7 min-region=1', *recordings)
        for path in recordings:
            self.assertTrue((np.load(told / f'{path.stem}.npy') == np.load(chain / f'{path.stem}.npy')).all(), path.stem)
            # a set of names in evaluate, the loudest first in the elements
            self.assertEqual(*(sorted((folder / f'{path.stem}.class.txt').read_text().strip().split('+'))
                               for folder in (told, chain)))

    def test_several_methods_and_thresholds_have_a_folder_each(self):
        masks = self.tmp / 'several'
        run('sonar-model', 'evaluate', 'synthetic', '--truth', self.scenes, '--dump-masks', masks, '--method',
            'subband,evidence', '--threshold', '0.5', '--threshold', '0.9')
        for method in ('subband', 'evidence'):
            looser, tighter = (np.load(masks / method / t / 'cargo_000.npy') for t in ('0.5', '0.9'))
            self.assertTrue((looser >= tighter).all())
            self.assertGreater(looser.sum(), tighter.sum())

    def test_recordings_without_a_target_are_right_when_unknown(self):
        folder, masks = self.tmp / 'absent', self.tmp / 'absent-masks'
        run('sonar-model', 'synth', folder, '--per-class', '4', '--target-absent')
        told, figures = self.evaluate(folder, masks)
        unknown = [(masks / f'{name}.class.txt').read_text().strip() == 'unknown'
                   for name in (p.stem for p in sorted(masks.glob('*.npy')))]
        kept = [np.load(p).mean() for p in sorted(masks.glob('*.npy'))]
        self.assertEqual(told['classification']['without_target'], 20)
        self.assertAlmostEqual(told['classification']['reported_unknown'], np.mean(unknown), delta=1e-12)
        self.assertAlmostEqual(figures['without_target']['kept_reported'], np.mean(kept), delta=1e-12)
        self.assertTrue(all(share == 0 for share, is_unknown in zip(kept, unknown) if is_unknown))
        self.assertNotIn('f1', figures['best'])

    def test_a_vessel_that_the_model_should_not_know_counts_as_noise(self):
        told, figures = self.evaluate(self.scenes, self.tmp / 'renamed', '--merge', 'cargo=none', '--per-file')
        self.assertEqual(told['classification']['without_target'], 3)
        for recording in told['recordings']:
            mask = recording['masks']['lines'][0]
            self.assertEqual('f1' in mask, recording['truth'] != 'none')
            if recording['truth'] == 'none':
                self.assertAlmostEqual(mask['removed'], 1 - mask['kept'], delta=1e-12)

    def test_two_vessels_are_right_when_both_are_named(self):
        folder, masks = self.tmp / 'pairs', self.tmp / 'pair-masks'
        run('sonar-model', 'synth', folder, '--per-class', '2', '--vessels', '2')
        told, figures = self.evaluate(folder, masks, '--class-given')
        self.assertIn('cargo+ferry', told['classification']['confusion']['rows_true'])
        # a mask of both vessels holds what one of either can and more
        self.assertGreater(figures['class_given']['f1'], figures['best']['f1'])
        self.assertLess(figures['class_given']['overwritten_0db'], figures['best']['overwritten_0db'])

    def test_a_manifest_gives_the_classification_of_the_truth_set(self):
        told, _ = self.evaluate(self.scenes, self.tmp / 'manifest-masks')
        listed = json.loads(run('sonar-model', 'evaluate', 'synthetic', '--manifest', self.scenes / 'labels.csv',
                                '--json', '--per-file', '--threads', '2'))
        accuracy = listed['classification'].pop('group_accuracy')  # here every recording is a group
        self.assertEqual(listed['classification'], told['classification'])
        self.assertAlmostEqual(accuracy, listed['classification']['accuracy'], delta=1e-12)
        self.assertEqual(len(listed['groups']), 15)
        self.assertEqual(len(listed['recordings']), 15)

    def test_classes_renamed_to_none_are_right_when_unknown(self):
        listed = json.loads(run('sonar-model', 'evaluate', 'synthetic', '--manifest', self.scenes, '--json', '--merge',
                                'cargo=none', '--only', 'none,ferry'))['classification']
        self.assertEqual((listed['known'], listed['without_target']), (3, 3))

    def test_explanations_are_scored_where_asked_for(self):
        told = json.loads(run('sonar-model', 'evaluate', 'synthetic', '--manifest', self.scenes, '--json',
                              '--faithfulness', '2'))['explanations']
        scores = {s['name']: s for s in told}
        self.assertEqual(set(scores), {'score-cam', 'score-cam-paper-v2', 'score-cam-grad-cam',
                                       'score-cam-torch-cam', 'keep-one', 'evidence', 'random'})
        self.assertTrue(all(s['pictures'] == 2 for s in told))
        # chance puts back and takes away alike, what explains does not
        gap = {name: s['insertion'] - s['deletion'] for name, s in scores.items()}
        for name in gap:
            if name.startswith('score-cam'):
                self.assertGreater(gap[name], gap['random'] + 0.1, name)
        self.assertEqual(len({s['insertion'] for s in told}), len(told))  # each is a map of its own

    def test_structures_are_scored_against_a_truth(self):
        told = json.loads(run('sonar-model', 'evaluate', 'synthetic', '--truth', self.scenes, '--json',
                              '--faithfulness', '15'))['structures']
        self.assertEqual(told['pictures'], 15)
        self.assertEqual(sum(a['structures'] for a in told['answers']), told['structures'])
        self.assertEqual(sum(a['of_target'] for a in told['answers']), told['of_target'])
        # the network knows the class' lines, its Score-CAM knows energy
        auc = {r['name']: r['auc'] for r in told['rankings']}
        self.assertGreater(auc['structures'], 0.75)
        self.assertGreater(auc['structures'], auc['score-cam'] + 0.2)
        share = {a['name']: a['of_target'] / a['structures'] for a in told['answers']}
        self.assertGreater(share['for'], share['against'] + 0.3)

    def test_threads_do_not_change_a_figure(self):
        def figures(threads):
            told = json.loads(run('sonar-model', 'evaluate', 'synthetic', '--truth', self.scenes, '--json', '--per-file',
                                  '--threads', threads))
            del told['classify_ms']
            for method in told['methods']:
                del method['mask_ms']
            return told
        self.assertEqual(figures(1), figures(3))

    def test_wrong_arguments_are_told_in_one_line(self):
        for words, *flags in (('no method "nope"', '--truth', self.scenes, '--method', 'nope'),
                              ('needed 0 to 1', '--truth', self.scenes, '--threshold', '2'),
                              ('does not exist', '--truth', self.tmp / 'nowhere'),
                              ('no class "whale"', '--truth', self.scenes, '--merge', 'cargo=whale'),
                              ('needed a model of the truth', '--truth', self.scenes, '--merge',
                               'cargo+ferry+outboard+tanker+trawler=vessel')):
            model = 'hydrophone' if words.startswith('needed a model') else 'synthetic'
            done = subprocess.run(['sonar-model', 'evaluate', model, *map(str, flags)], capture_output=True, text=True)
            self.assertEqual(done.returncode, 1, words)
            self.assertIn(words, done.stderr)
            self.assertEqual(len(done.stderr.strip().splitlines()), 1, done.stderr)


if __name__ == '__main__':
    unittest.main()
