#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""sonar-record in real time: interrupted, killed, with a source or an analysis that fails, and what it finds.

usage: record_live_test.py SOURCE_ROOT     (environment as set by Meson)
"""
import datetime
import pathlib
import re
import signal
import subprocess
import sys
import time
import unittest

import numpy as np

ROOT = pathlib.Path(sys.argv.pop(1))
sys.path.insert(0, str(ROOT / 'tests/support'))
import recording as rec  # noqa: E402

LIVE = 'audiotestsrc is-live=true wave=white-noise volume=0.2 samplesperbuffer=480 ! ' \
       'audio/x-raw,format=S16LE,rate=48000,channels=1'
SOUND_ALONE = ('--no-analysis', '--fragment', 2)


def utc(text):
    return datetime.datetime.fromisoformat(text.replace('Z', '+00:00'))


class Live(rec.RecordCase):
    def check_manifest(self):
        """Every whole fragment has as many samples as the manifest says; how many those are."""
        total = 0
        for fragment in rec.manifest(self.out, 'fragment'):
            data, code = rec.decode(self.out / fragment['sound'])
            self.assertEqual(code, 0, fragment)
            self.assertEqual(len(data), fragment['samples'] * fragment['channels'] * 4, fragment)
            total += fragment['samples']
        return total

    def test_a_live_source_is_named_by_the_clock_and_ends_whole_on_interrupt(self):
        before = datetime.datetime.now(datetime.timezone.utc)
        running = rec.start(self.out, '--source', LIVE, *SOUND_ALONE)
        time.sleep(2.7)
        # twice at once, as timeout(1) does
        running.send_signal(signal.SIGINT)
        running.send_signal(signal.SIGTERM)
        self.assertEqual(running.wait(10), 0)
        after = datetime.datetime.now(datetime.timezone.utc)
        fragments = rec.manifest(self.out, 'fragment')
        self.assertEqual(len(fragments), 2)
        self.assertGreater(utc(fragments[0]['begin_utc']), before - datetime.timedelta(seconds=1))
        self.assertLess(utc(fragments[-1]['end_utc']), after)
        self.assertEqual([r['kind'] for r in rec.manifest(self.out)], ['start', 'fragment', 'fragment', 'stop'])
        self.assertGreater(self.check_manifest(), 2 * 48000)
        self.assertEqual(len(rec.sounds(self.out)), 2)
        running.stderr.close()

    def test_power_loss_costs_the_tail_of_the_last_fragment(self):
        for options in ((), ('--matroska',)):
            with self.subTest(options=options):
                self.out = self.tmp / ('out' + ''.join(options))
                running = rec.start(self.out, '--source', LIVE, '--fragment', 2, '-m', 'none', '--resolution', 8,
                                    *options)
                while len(rec.sounds(self.out)) < 2:
                    time.sleep(.05)
                time.sleep(1.8)
                running.kill()
                running.wait()
                running.stderr.close()
                whole, last = rec.sounds(self.out)
                self.assertEqual(self.check_manifest() if not options else 2 * 48000, 2 * 48000)
                width = 4 if not options else 2
                self.assertEqual(len(rec.decode(whole)[0]), 2 * 48000 * width)
                # 1.8 s were taken of it, of which a second at most is on its way
                self.assertGreater(len(rec.decode(last)[0]), 0.8 * 48000 * width)
                videos = sorted(self.out.glob('*.mp4'))
                self.assertGreater(rec.frames_of(videos[0]), 10)
                self.assertTrue(all(rec.sidecars(self.out).values()))

    def test_a_source_that_falls_silent_is_started_again(self):
        x = rec.samples(16000, 1, 2, 16)
        running = rec.start(self.out, '--source', 'fdsrc ! rawaudioparse sample-rate=16000 num-channels=1', '--timeout',
                            1, *SOUND_ALONE, stdin=subprocess.PIPE, pipesize=1 << 20)
        for part in (x[:16000], x[16000:]):
            running.stdin.buffer.write(rec.packed(part, 16))
            running.stdin.flush()
            time.sleep(2.7)
        running.send_signal(signal.SIGINT)
        self.assertEqual(running.wait(10), 0)
        said = running.stderr.read()
        running.stdin.close()
        running.stderr.close()
        self.assertIn('the source is lost: nothing came for 1 s', said)
        np.testing.assert_array_equal(
            np.concatenate([rec.decode_integers(p, 1, 16) for p in rec.sounds(self.out)]), x)
        gap, = rec.manifest(self.out, 'gap')
        self.assertIn('nothing came', gap['reason'])
        self.assertGreater(gap['seconds'], 1)

    def test_findings_lie_beside_the_sound_in_which_they_ended(self):
        tones = (60, 120, 180)
        x = rec.samples(16000, 2, 9, 16)
        x[16000:96000] += rec.samples(16000, 2, 5, 16, tones, seed=2)
        path = self.wav(np.clip(x, -32768, 32767), 16000, 16)
        done = rec.record(self.out, '--source', rec.file_source(path, live=True), '--once', '--fragment', 3,
                          '--resolution', 4, '--start-datetime', rec.START)
        self.ok(done)
        self.assertNotIn('skipped', done.stderr)
        beside = rec.sidecars(self.out)
        self.assertEqual(list(beside), [p.stem for p in rec.sounds(self.out)])
        tonals = [r for records in beside.values() for r in records if r['kind'] == 'tonal']
        for hz in tones:
            near = [t for t in tonals if abs(t['frequency_hz'] - hz) < 1]
            self.assertTrue(near, (hz, tonals))
            self.assertTrue(any(abs(t['begin_s'] - 1) < 1.25 and abs(t['end_s'] - 6) < 1.25 for t in near), near)
        for stem, records in beside.items():
            self.assertEqual(records[0]['kind'], 'fragment')
            self.assertEqual(records[0]['sound'], stem + '.flac')
            for r in records[1:]:
                begin = utc(records[0]['begin_utc'])
                if r['kind'] != 'class':
                    end = (utc(r['end_utc']) - begin).total_seconds()
                    self.assertTrue(0 < end <= 3.001, (stem, r))
            self.assertTrue(any(r['kind'] == 'class' for r in records), stem)
        videos = sorted(self.out.glob('*.mp4'))
        self.assertEqual([p.stem for p in videos], list(beside))
        self.assertGreater(sum(rec.frames_of(v) for v in videos), 9 * 8 - 8)

    def test_sound_goes_on_where_the_analysis_fails(self):
        x = np.random.default_rng(1).normal(0, .1, 16000 * 5).astype('<f4')
        x[16000] = np.nan
        raw = self.tmp / 'sound.raw'
        raw.write_bytes(x.tobytes())
        done = rec.record(self.out, '--source', f'filesrc location={raw} ! rawaudioparse pcm-format=f32le '
                          'sample-rate=16000 num-channels=1 ! identity sync=true', '--once', '--fragment', 2, '-m',
                          'none', '--no-video')
        self.ok(done)
        self.assertIn('the analysis failed, the sound is recorded on', done.stderr)
        self.assertEqual(b''.join(rec.decode(p)[0] for p in rec.sounds(self.out)), x.tobytes())
        failed = rec.manifest(self.out, 'analysis-failed')
        self.assertIn('Sample 16000 is nan', failed[0]['reason'])

    def test_an_analysis_that_cannot_follow_skips_and_says_so(self):
        # as fast as it is read: no analysis follows that
        path = self.wav(rec.samples(16000, 1, 300, 16), 16000, 16)
        done = rec.record(self.out, '--source', rec.file_source(path), '--once', '--fragment', 100, '--no-video',
                          '--start-datetime', rec.START)
        self.ok(done)
        self.assertEqual(sum(f['samples'] for f in rec.manifest(self.out, 'fragment')), 300 * 16000)
        self.assertRegex(done.stderr, r'the analysis skipped \d+')
        skipped = [r for records in rec.sidecars(self.out).values() for r in records if r['kind'] == 'skipped']
        self.assertTrue(skipped)
        said = float(re.search(r'the analysis skipped ([\d.]+)', done.stderr).group(1))
        self.assertAlmostEqual(sum(r['end_s'] - r['begin_s'] for r in skipped), said, places=2)


if __name__ == '__main__':
    unittest.main()
