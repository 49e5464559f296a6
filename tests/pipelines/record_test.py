#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""sonar-record as a user runs it.

usage: record_test.py SOURCE_ROOT     (environment as set by Meson)
"""
import os
import pathlib
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


class Record(rec.RecordCase):
    # Sound

    def join(self, rate, channels, bits, suffix, *options):
        x = rec.samples(rate, channels, 5.3, bits)
        path = self.wav(x, rate, bits)
        self.ok(rec.record(self.out, '--source', rec.file_source(path), '--once', '--start-datetime',
                           rec.START, *SOUND_ALONE, *options))
        files = rec.sounds(self.out)
        self.assertEqual([p.suffix for p in files], ['.' + suffix] * 3)
        parts = [rec.decode_integers(p, channels, bits) for p in files]
        self.assertEqual([len(p) for p in parts[:2]], [2 * rate] * 2)
        np.testing.assert_array_equal(np.concatenate(parts), x)

    def test_fragments_of_24_bit_stereo_join_to_the_bits_that_came(self):
        self.join(48000, 2, 24, 'flac')

    def test_fragments_at_a_rate_no_block_divides_join_to_the_bits_that_came(self):
        self.join(44100, 1, 16, 'flac')

    def test_fragments_of_four_hydrophones_keep_their_order(self):
        self.join(96000, 4, 24, 'flac')

    def test_32_bit_samples_are_kept_in_matroska(self):
        self.join(48000, 3, 32, 'mkv')

    def test_floats_are_kept_in_matroska(self):
        x = np.random.default_rng(1).normal(0, .1, 16000 * 3).astype('<f4')
        raw = self.tmp / 'sound.raw'
        raw.write_bytes(x.tobytes())
        self.ok(rec.record(self.out, '--source', f'filesrc location={raw} ! rawaudioparse pcm-format=f32le '
                           'sample-rate=16000 num-channels=1', '--once', '--start-datetime', rec.START, *SOUND_ALONE))
        self.assertEqual(b''.join(rec.decode(p)[0] for p in rec.sounds(self.out)), x.tobytes())

    def test_a_source_that_can_wait_is_recorded_whole_however_fast_it_is(self):
        # more than what may lie in memory, faster than any disk
        self.ok(rec.record(self.out, '--source', 'audiotestsrc wave=ticks samplesperbuffer=160000 num-buffers=500 ! '
                           'audio/x-raw,format=S16LE,rate=16000,channels=1', '--once', '--no-analysis'))
        fragments = rec.manifest(self.out, 'fragment')
        self.assertEqual(sum(f['samples'] for f in fragments), 500 * 160000)
        for one, after in zip(fragments, fragments[1:]):  # as it was, not as it is read
            self.assertEqual(one['end_utc'], after['begin_utc'])
        self.assertEqual(rec.manifest(self.out, 'gap'), [])

    def test_a_fragment_says_how_long_it_is(self):
        path = self.wav(rec.samples(16000, 1, 3, 16), 16000, 16)
        self.ok(rec.record(self.out, '--source', rec.file_source(path), '--once', *SOUND_ALONE))
        first = rec.sounds(self.out)[0].read_bytes()
        # STREAMINFO: 36 bits of the number of samples, then their MD5
        self.assertEqual(int.from_bytes(first[21:26], 'big') & ((1 << 36) - 1), 32000)
        self.assertNotEqual(first[26:42], bytes(16))

    def test_names_are_utc_and_never_given_twice(self):
        path = self.wav(rec.samples(16000, 1, 3, 16), 16000, 16)
        for _ in range(2):
            self.ok(rec.record(self.out, '--source', rec.file_source(path), '--once', *SOUND_ALONE,
                               '--start-datetime', rec.START))
        self.assertEqual([p.name for p in rec.sounds(self.out)],
                         [f'20261128T{t}.000Z{n}.flac' for t in ('223000', '223002') for n in ('', '_2')])
        self.assertEqual([f['begin_utc'] for f in rec.manifest(self.out, 'fragment')],
                         ['2026-11-28T22:30:00.000Z', '2026-11-28T22:30:02.000Z'] * 2)

    def test_samples_that_the_source_leaves_out_are_a_gap(self):
        # 10 buffers of 100 ms, four of them dropped
        path = self.wav(rec.samples(16000, 1, 4, 16), 16000, 16)
        self.ok(rec.record(self.out, '--source', f'filesrc location={path} ! wavparse ! '
                           'audiobuffersplit output-buffer-duration=1/10 ! identity drop-buffer-flags=discont ! '
                           'identity name=i drop-probability=0.3 ! identity', '--once', *SOUND_ALONE))
        gaps = rec.manifest(self.out, 'gap')
        self.assertTrue(gaps)
        self.assertTrue(all(g['reason'] == 'the source left samples out' for g in gaps))

    # The disk

    def test_old_recordings_make_room(self):
        path = self.wav(rec.samples(16000, 1, 3, 16), 16000, 16)
        self.out.mkdir()
        for name in ('20200101T000000.000Z.flac', '20200101T000000.000Z.jsonl', 'my-20200101T000000.000Z.flac'):
            (self.out / name).write_bytes(b'old')
        self.ok(rec.record(self.out, '--source', rec.file_source(path, live=True), '--once', '--keep-days', 100,
                           *SOUND_ALONE))
        self.assertFalse((self.out / '20200101T000000.000Z.flac').exists())
        self.assertFalse((self.out / '20200101T000000.000Z.jsonl').exists())
        self.assertTrue((self.out / 'my-20200101T000000.000Z.flac').exists())
        self.assertEqual(len(rec.sounds(self.out)), 2 + 1)
        self.assertEqual([r['file'] for r in rec.manifest(self.out, 'deleted')],
                         ['20200101T000000.000Z.flac', '20200101T000000.000Z.jsonl'])

    def test_a_recording_is_old_once_all_of_it_is(self):
        path = self.wav(rec.samples(16000, 1, 3, 16), 16000, 16)
        self.out.mkdir()
        begun = time.strftime('%Y%m%dT%H%M%S.000Z.flac', time.gmtime(time.time() - 20 * 3600))
        (self.out / begun).write_bytes(b'a day long')
        for fragment, stays in ((86400, True), (3600, False)):
            self.ok(rec.record(self.out, '--source', rec.file_source(path, live=True), '--once', '--keep-days', 0.5,
                               '--no-analysis', '--fragment', fragment))
            self.assertEqual((self.out / begun).exists(), stays)

    def test_a_full_disk_leaves_no_litter_and_no_time_unsaid(self):
        # 1 MiB; half a second of noise takes 96 kB; tried again after 5 s
        self.out.mkdir()
        script = f'mount -t tmpfs -o size=1m none {self.out} && timeout -s INT 12 "$@"; ' \
                 f'cp {self.out}/manifest.jsonl {self.tmp}; ls -s {self.out} > {self.tmp}/listing'
        done = subprocess.run(['unshare', '-rm', 'bash', '-c', script, 'bash', *rec.command(
            self.out, '--source', LIVE.replace('channels=1', 'channels=2'), '--no-analysis', '--fragment', 1)],
            capture_output=True, text=True, timeout=60)
        if not (self.tmp / 'manifest.jsonl').exists():
            self.skipTest(f'no file system of its own: {done.stderr}')
        self.assertIn('No space left', done.stderr)
        self.assertNotRegex((self.tmp / 'listing').read_text(), r'(?m)^ *0 ')
        spans = [r for r in rec.manifest(self.tmp) if r['kind'] in ('fragment', 'gap')]
        self.assertGreaterEqual(len([r for r in spans if r['kind'] == 'gap']), 1)
        for one, after in zip(spans, spans[1:]):
            self.assertEqual(one['end_utc'], after['begin_utc'])

    def test_a_disk_that_fills_under_a_file_fails_in_its_words(self):
        self.out.mkdir()
        script = f'mount -t tmpfs -o size=1m none {self.out} && "$@"; code=$?; ls {self.out} > {self.tmp}/listing; exit $code'
        done = subprocess.run(['unshare', '-rm', 'bash', '-c', script, 'bash', *rec.command(
            self.out, '--source', 'audiotestsrc wave=white-noise num-buffers=1000 samplesperbuffer=16000 ! '
            'audio/x-raw,format=S16LE,rate=16000,channels=1', '--no-analysis', '--fragment', 10, '--once')],
            capture_output=True, text=True, timeout=60)
        if not (self.tmp / 'listing').exists():
            self.skipTest(f'no file system of its own: {done.stderr}')
        self.assertEqual(done.returncode, 1)
        self.assertRegex(done.stderr, 'sonar-record: The recording failed: (No space|Cannot write)')
        names = (self.tmp / 'listing').read_text().split()
        for name in names:
            if name.endswith('Z.jsonl'):
                self.assertIn(name.replace('jsonl', 'flac'), names)

    # Words

    def refused(self, words, *options):
        done = rec.record(self.out, *options)
        self.assertEqual(done.returncode, 1, done.stderr)
        self.assertRegex(done.stderr, words)

    def test_what_the_user_must_correct_is_said_before_anything_is_recorded(self):
        self.refused('The source cannot be made: no element "nosuchsrc"', '--source', 'nosuchsrc')
        self.refused('no model "nosuch"', '--source', LIVE, '-m', 'nosuch')
        self.refused('sensitivity is 10', '--source', LIVE, '-m', 'none', '--sensitivity', 10)
        self.refused('--start-datetime', '--source', LIVE, '--start-datetime', 'noon')
        (self.tmp / 'file').write_text('')
        self.out = self.tmp / 'file/out'
        self.refused('Cannot make the folder', '--source', LIVE)

    def test_a_file_without_sound_fails(self):
        (self.tmp / 'empty.wav').write_bytes(b'')
        self.refused('The source failed', '--source', rec.file_source(self.tmp / 'empty.wav'), '--once')
        self.refused('The source failed', '--source', rec.file_source(self.tmp / 'none.wav'), '--once')
        (self.tmp / 'text').write_text('no sound')
        self.refused('bytes without saying what they are', '--source', f'filesrc location={self.tmp}/text', '--once')
        self.refused('nothing of it was recorded', '--source', 'audiotestsrc num-buffers=0', '--once')

    def test_pipelines_are_shown(self):
        done = rec.record(self.out, '--print-pipeline', '--uri', 'rtsp://host/hydrophone')
        self.ok(done)
        self.assertIn('rtsp://host/hydrophone', done.stdout)
        self.assertIn('sonarspectrogram mode=lofar', done.stdout)

    def test_the_script_runs_the_program(self):
        path = self.wav(rec.samples(16000, 1, 1, 16), 16000, 16)
        done = subprocess.run([ROOT / 'pipelines/record', '-o', self.out, '--source', rec.file_source(path), '--once',
                               '--no-analysis'], capture_output=True, text=True, timeout=60, env=dict(os.environ))
        self.ok(done)
        self.assertEqual(len(rec.sounds(self.out)), 1)


if __name__ == '__main__':
    unittest.main()
