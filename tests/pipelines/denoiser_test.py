#!/usr/bin/env python3
"""Runs `sonar-model denoiser` as a user does (environment as set by Meson)."""
import json
import pathlib
import shutil
import signal
import subprocess
import tempfile
import time
import unittest


def call(*command):
    return subprocess.run([str(c) for c in command], capture_output=True, text=True, timeout=300)


def run(*command):
    done = call(*command)
    assert done.returncode == 0, f'{command}: {done.stderr}'
    return done.stdout


class Denoiser(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.keep = tempfile.TemporaryDirectory()
        cls.tmp = pathlib.Path(cls.keep.name)
        cls.scenes = cls.tmp / 'scenes'
        run('sonar-model', 'synth', cls.scenes, '--classes', 'cargo,ferry', '--seed', '3')

    @classmethod
    def tearDownClass(cls):
        cls.keep.cleanup()

    def denoiser(self, kind, model, output, *more):
        return call('sonar-model', 'denoiser', model, self.scenes, '--kind', kind, '--epochs', 1, '-o', output, *more)

    def evaluate(self, model, method):
        return json.loads(run('sonar-model', 'evaluate', model, '--truth', self.scenes, '--method', method, '--json'))

    def test_a_second_denoiser_leaves_the_first_where_it_is(self):
        one, two = self.tmp / 'one.safetensors', self.tmp / 'two.safetensors'
        for kind, model, output in (('noise2noise', 'synthetic', one), ('autoencoder', one, two)):
            done = self.denoiser(kind, model, output)
            self.assertEqual(done.returncode, 0, done.stderr)
            self.assertIn(f'wrote {output}', done.stderr)
        about = json.loads(run('sonar-model', 'info', two, '--json'))
        before = json.loads(run('sonar-model', 'info', 'synthetic', '--json'))
        told = about['training'].pop('denoisers')
        self.assertEqual({kind: told[kind]['truth'] for kind in told}, {'autoencoder': True, 'noise2noise': False})
        self.assertEqual(told['noise2noise']['data'], 'scenes')
        self.assertEqual(about['training'], before['training'])
        added = about['tensors'].keys() - before['tensors'].keys()
        self.assertEqual({name.split('.')[1] for name in added}, set(told))
        self.assertTrue(all(name.startswith('denoise.') for name in added))
        for method in told:
            self.assertEqual(self.evaluate(two, method)['methods'][0]['name'], method)

    def test_supervised_kinds_need_truth_and_the_others_do_not(self):
        for kind, needs in (('autoencoder', True), ('dncnn', True), ('dncnn-sure', False), ('noise2noise', False)):
            bare = self.tmp / f'bare-{kind}'
            shutil.copytree(self.scenes, bare)
            (bare / 'truth.safetensors').unlink()
            output = self.tmp / f'{kind}.safetensors'
            done = call('sonar-model', 'denoiser', 'synthetic', bare, '--kind', kind, '--epochs', 1, '-o', output)
            self.assertEqual(done.returncode, int(needs), done.stderr)
            self.assertEqual(output.exists(), not needs)
            if needs:
                self.assertIn('has no truth.safetensors', done.stderr)
                self.assertEqual(len(done.stderr.strip().splitlines()), 1, done.stderr)

    def test_an_interruption_leaves_nothing(self):
        output = self.tmp / 'cut.safetensors'
        process = subprocess.Popen(['sonar-model', 'denoiser', 'synthetic', self.scenes, '--kind', 'dncnn', '--epochs',
                                    '10000', '-o', output], stderr=subprocess.PIPE, text=True)
        process.stderr.readline()  # pictures are read: it trains
        time.sleep(0.3)
        process.send_signal(signal.SIGINT)
        _, told = process.communicate(timeout=120)
        self.assertEqual(process.returncode, 130, told)
        self.assertIn('interrupted in epoch', told)
        self.assertIn('nothing was written', told)
        self.assertEqual(list(self.tmp.glob('cut.*')), [])

    def test_wrong_arguments_are_told(self):
        done = self.denoiser('magic', 'synthetic', self.tmp / 'never')
        self.assertEqual(done.returncode, 1)
        self.assertIn('magic', done.stderr)
        done = self.denoiser('noise2noise', 'synthetic', self.tmp / 'never', '--batch-size', 0)
        self.assertIn('batch-size is 0, needed at least 1', done.stderr)


if __name__ == '__main__':
    unittest.main()
