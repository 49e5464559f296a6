#!/usr/bin/env python3
"""The bench runs, and what it writes is whole; its figures are for people.

usage: smoke_test.py BUILD     (environment as set by Meson)
"""
import json
import pathlib
import subprocess
import sys
import tempfile
import unittest

BUILD = sys.argv.pop(1)
RUN = pathlib.Path(__file__).with_name('run')
ROW = {'what': str, 'value': (int, float), 'unit': str, 'other': (str, type(None)), 'times': (int, float, type(None)),
       'target': (str, type(None)), 'met': (bool, type(None))}
PLOTTED = ['spectrogram', 'growth-recording-to-table', 'growth-sonar-render', 'start', 'streams-memory',
           'streams-overload', 'scorecam-channels', 'scorecam-columns', 'scorecam-threads']


def run(*arguments):
    return subprocess.run([sys.executable, RUN, '--build', BUILD, *arguments], capture_output=True, text=True, timeout=560)


class Smoke(unittest.TestCase):
    def test_every_part_runs_prints_and_writes_what_it_found(self):
        with tempfile.TemporaryDirectory() as folder:
            out = pathlib.Path(folder) / 'all.json'
            done = run('--smoke', '--json', out, '--plots', folder)
            self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
            result = json.loads(out.read_text())
            plots = sorted(p.stem for p in pathlib.Path(folder).glob('*.png') if p.read_bytes()[:4] == b'\x89PNG')
        self.assertEqual(plots, sorted(PLOTTED))
        self.assertEqual(set(result['machine']), {'processor', 'processors', 'load_before', 'commit', 'time'})
        self.assertIs(result['smoke'], True)
        self.assertEqual(list(result['parts']), ['spectrogram', 'chain', 'growth', 'start', 'streams', 'scorecam', 'training',
                                                  'audio'])
        for name, part in result['parts'].items():
            self.assertTrue(part['rows'] and part['data'], name)
            for row in part['rows']:
                self.assertEqual(set(row), set(ROW), row)
                for field, kinds in ROW.items():
                    self.assertIsInstance(row[field], kinds, row)
                self.assertEqual(row['met'] is None, row['target'] is None, row)
                self.assertIn(row['what'][:50], done.stdout)
        live = result['parts']['streams']['data']
        self.assertEqual([live[k]['columns_lost'] for k in ('live', 'twice_the_load')], [0, 0])

    def test_an_unknown_part_is_refused_with_those_there_are(self):
        done = run('--only', 'spectrogram,speed')
        self.assertEqual(done.returncode, 2)
        self.assertIn('no such part: speed; there are spectrogram, chain', done.stderr)

    def test_a_build_that_is_not_there_says_so(self):
        done = subprocess.run([sys.executable, RUN, '--build', '/no/such/build', '--smoke', '--only', 'start'],
                              capture_output=True, text=True, timeout=60)
        self.assertEqual(done.returncode, 1)
        self.assertIn('/no/such/build', done.stderr)
        self.assertNotIn('Traceback', done.stderr)


if __name__ == '__main__':
    unittest.main()
