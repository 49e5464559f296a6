#!/usr/bin/env python3
"""Runs the scripts and programs of pipelines/ as a user does.

usage: pipelines_test.py SOURCE_ROOT     (environment as set by Meson)
"""
import csv
import datetime
import json
import math
import os
import pathlib
import random
import shutil
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


def run(*command, timeout=120, **more):
    return subprocess.run([str(c) for c in command], capture_output=True, text=True, timeout=timeout, **more)


def write_wav(path, rate, seconds, channels=1, tone_hz=1000, noise=0):
    random_value = random.Random(2)
    with wave.open(str(path), 'wb') as out:
        out.setnchannels(channels)
        out.setsampwidth(2)
        out.setframerate(rate)
        for i in range(int(rate * seconds)):
            value = int(8000 * math.sin(2 * math.pi * tone_hz * i / rate) + random_value.gauss(0, noise))
            out.writeframesraw(struct.pack('<h', value) * channels)


def read_wav(path):
    """Rate and samples, full scale 1, of 16-bit or float mono."""
    data = path.read_bytes()
    kind, _, rate = struct.unpack('<HHI', data[20:28])
    begin = data.index(b'data') + 8
    size, = struct.unpack('<I', data[begin - 4:begin])
    count, code, scale = (size // 4, 'f', 1) if kind == 3 else (size // 2, 'h', 1 / 32768)
    return rate, [value * scale for value in struct.unpack_from(f'<{count}{code}', data, begin)]


def power(samples):
    return sum(value * value for value in samples) / len(samples)


def write_propeller(path, shaft_hz, blades, rate=8000, seconds=60):
    """Noise that a propeller modulates."""
    noise = random.Random(1)
    with wave.open(str(path), 'wb') as out:
        out.setnchannels(1)
        out.setsampwidth(2)
        out.setframerate(rate)
        samples = []
        for i in range(rate * seconds):
            turns = 2 * math.pi * shaft_hz * i / rate
            envelope = 1 + sum(.1 / k * math.cos(k * turns) + .4 / k * math.cos(k * blades * turns) for k in (1, 2, 3))
            samples.append(max(-32767, min(32767, int(3000 * envelope * noise.gauss(0, 1)))))
        out.writeframes(struct.pack(f'<{len(samples)}h', *samples))


def frames_of(video):
    """Number of frames that a decoder finds in a video."""
    shown = run('gst-launch-1.0', '-v', 'filesrc', f'location={video}', '!', 'decodebin', '!', 'identity',
                'silent=false', '!', 'fakesink')
    return shown.stdout.count('chain') if shown.returncode == 0 else 0


class Pipelines(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.keep = tempfile.TemporaryDirectory()
        cls.tmp = pathlib.Path(cls.keep.name)
        made = run('sonar-model', 'synth', cls.tmp / 'scene', '--classes', 'tanker', '--seed', '3')
        assert made.returncode == 0, made.stderr
        cls.recording = cls.tmp / 'scene/audio/tanker_000.wav'

    @classmethod
    def tearDownClass(cls):
        cls.keep.cleanup()

    def ok(self, done):
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        self.assertNotIn('ERROR', done.stdout + done.stderr)

    def fails(self, done, *words):
        self.assertEqual(done.returncode, 1, done.stdout + done.stderr)
        lines = done.stderr.strip().splitlines()
        self.assertEqual(len(lines), 1, done.stderr)
        for word in words:
            self.assertIn(word, lines[0])

    def test_recording_becomes_a_video_that_decodes(self):
        video = self.tmp / 'a.mp4'
        self.ok(run(PIPELINES / 'video', self.recording, video, 'synthetic'))
        self.assertGreater(frames_of(video), 10)

    def test_recording_becomes_pictures(self):
        folder = self.tmp / 'pictures'
        self.ok(run(PIPELINES / 'pictures', self.recording, folder, 'synthetic'))
        pictures = sorted(folder.glob('*.png'))
        self.assertGreaterEqual(len(pictures), 1)
        width, height = struct.unpack('>II', pictures[0].read_bytes()[16:24])
        self.assertEqual((width, height), (1280, 720))

    def test_recording_becomes_a_table_of_its_class(self):
        table = self.tmp / 'a.csv'
        self.ok(run(PIPELINES / 'table', self.recording, table, 'synthetic'))
        rows = list(csv.DictReader(table.read_text().splitlines()))
        self.assertGreater(len(rows), 2)
        for row in rows:
            self.assertLess(float(row['begin_s']), float(row['end_s']))
            self.assertLessEqual(float(row['low_hz']), float(row['peak_hz']))
            self.assertLessEqual(float(row['peak_hz']), float(row['high_hz']))
        self.assertIn('tanker', {row['class'] for row in rows})

    def test_recording_becomes_the_sound_of_its_signature(self):
        sound = self.tmp / 'signature.wav'
        self.ok(run(PIPELINES / 'audio', self.recording, sound, 'synthetic'))
        (rate, whole), (sound_rate, signature) = read_wav(self.recording), read_wav(sound)
        self.assertEqual((sound_rate, len(signature)), (rate, len(whole)))
        removed = [a - b for a, b in zip(whole, signature)]
        self.assertGreater(power(signature), 0.01 * power(whole))
        self.assertLess(power(signature), power(whole))
        # in step: what was kept and what was removed share nothing but the edges of the gate
        shared = sum(a * b for a, b in zip(signature, removed)) / len(whole)
        self.assertLess(abs(shared), 0.2 * power(whole))

    def test_stereo_at_96_khz_becomes_sound_at_the_rate_of_the_model(self):
        stereo, sound = self.tmp / 'stereo.wav', self.tmp / 'stereo-signature.wav'
        write_wav(stereo, 96000, 3, channels=2, tone_hz=250, noise=500)
        self.ok(run(PIPELINES / 'audio', stereo, sound))
        rate, signature = read_wav(sound)
        self.assertEqual(rate, 16000)
        self.assertLess(abs(len(signature) - 3 * 16000), 16)

    def test_every_script_refuses_what_is_no_recording_and_leaves_nothing(self):
        empty, result = self.tmp / 'nothing-in-it.wav', self.tmp / 'result'
        empty.touch()
        for script in ('video', 'pictures', 'table', 'audio', 'clips', 'lofar', 'demon', 'visualizers',
                       'picture-in-picture'):
            for recording, words in ((empty, 'is empty (0 bytes)'), (self.tmp / 'missing.wav', 'there is no recording')):
                with self.subTest(script=script, words=words):
                    done = run(PIPELINES / script, recording, result, self.tmp / 'second-result')
                    self.assertEqual(done.returncode, 1)
                    self.assertEqual(done.stderr.splitlines(), [done.stderr.strip()])
                    self.assertIn(words, done.stderr)
                    self.assertIn(recording.name, done.stderr)
                    self.assertFalse(result.exists())

    def test_no_sound_of_a_text(self):
        done = run(PIPELINES / 'audio', ROOT / 'README.md', self.tmp / 'text.wav')
        self.assertNotEqual(done.returncode, 0)
        self.assertIn('ERROR', done.stderr)

    def tables_of(self, rows):
        """The same table in all formats, as programs of each read it."""
        names = {f: self.tmp / f'{rows}.{f}' for f in ('csv', 'raven', 'audacity', 'json-lines')}
        branches = [part for f, path in names.items()
                    for part in ('t.', '!', 'queue', '!', 'signaturetable', f'rows={rows}', f'format={f}', '!',
                                 'filesink', f'location={path}')]
        self.ok(run('gst-launch-1.0', '-q', 'filesrc', f'location={self.recording}', '!', 'decodebin', '!',
                    'audioconvert', '!', 'audioresample', '!', 'sonarspectrogram', 'model=synthetic',
                    'start-datetime=2023-12-31T23:59:55Z', '!', 'specnnclassify', 'model=synthetic', '!',
                    'scorecammask', '!', 'signatureextract', '!', 'tee', 'name=t', *branches))
        text = {f: path.read_text() for f, path in names.items()}
        plain = list(csv.DictReader(text['csv'].splitlines()))
        raven = list(csv.DictReader(text['raven'].splitlines(), delimiter='\t', quoting=csv.QUOTE_NONE))
        objects = [json.loads(line) for line in text['json-lines'].splitlines()]
        return plain, raven, text['audacity'], objects

    def check_json(self, row, found, kind):
        self.assertEqual(found['kind'], kind)
        self.assertEqual(set(found) - {'kind'}, {name for name in row if ' ' not in name})
        for name, value in found.items():
            if name == 'kind':
                continue
            elif value is None:
                self.assertEqual(row[name], '')
            elif isinstance(value, list):
                self.assertEqual(value, [int(n) for n in row[name].split()])
            elif isinstance(value, str):
                self.assertEqual(value, row[name])
            else:
                self.assertEqual(value, float(row[name]))

    def check_raven(self, row, found):
        """What Raven needs, in its words, and where it looks for the sound."""
        self.assertEqual(list(found)[:7], ['Selection', 'View', 'Channel', 'Begin Time (s)', 'End Time (s)',
                                           'Low Freq (Hz)', 'High Freq (Hz)'])
        self.assertEqual((found['View'], found['Channel']), ('Spectrogram 1', '1'))
        ours = {'Selection': 'id', 'Begin Time (s)': 'begin_s', 'End Time (s)': 'end_s', 'Low Freq (Hz)': 'low_hz',
                'High Freq (Hz)': 'high_hz', 'Peak Freq (Hz)': 'peak_hz', 'Annotation': 'class'}
        for ravens, name in ours.items():
            self.assertEqual(found[ravens], row[name])
        self.assertLess(float(found['Low Freq (Hz)']), float(found['High Freq (Hz)']))
        self.assertEqual(found['Begin File'], self.recording.name)
        self.assertRegex(found['Begin Date'], r'^202[34]/(12/31|01/01)$')
        self.assertEqual(set(row) - set(ours.values()) - set(found), set())

    def check_audacity(self, rows, text):
        """As Audacity's importer reads a label file: tokens between tabs, and a line
        that begins with a backslash goes on with the label above."""
        lines = text.splitlines()
        self.assertEqual(len(lines), 2 * len(rows))
        for row, times, frequencies in zip(rows, lines[::2], lines[1::2]):
            begin, end, label = times.split('\t')
            mark, low, high = frequencies.split('\t')
            self.assertEqual(mark, '\\')
            self.assertEqual([begin, end, low, high], [row[n] for n in ('begin_s', 'end_s', 'low_hz', 'high_hz')])
            name, *values = label.split('; ')
            values = dict(value.split('=', 1) for value in values)
            self.assertEqual(name, row['class'])
            for key, value in values.items():
                self.assertEqual(value, row[key])

    def test_tables_open_in_other_peoples_programs(self):
        for rows, kind in (('regions', 'region'), ('tonals', 'tonal'), ('families', 'family')):
            plain, raven, audacity, objects = self.tables_of(rows)
            self.assertEqual((len(raven), len(objects)), (len(plain), len(plain)), rows)
            if kind != 'family':
                self.assertGreater(len(plain), 2)
                self.assertGreater(sum(bool(row['track_id']) for row in plain), 0)
            for row, selection, found in zip(plain, raven, objects):
                self.check_json(row, found, kind)
                self.check_raven(row, selection)
            self.check_audacity(plain, audacity)

    def test_recording_becomes_clips_of_what_was_detected(self):
        folder = self.tmp / 'clips'
        self.ok(run(PIPELINES / 'clips', self.recording, folder, 'synthetic'))
        index = [json.loads(line) for line in (folder / 'clips.jsonl').read_text().splitlines()]
        self.assertGreater(len(index), 0)
        self.assertEqual({p.name for p in folder.iterdir()}, {'clips.jsonl'} | {c['file'] for c in index})
        with wave.open(str(self.recording)) as source:
            rate, whole = source.getframerate(), source.readframes(source.getnframes())
            frame = source.getnchannels() * source.getsampwidth()
        for clip in index:
            with wave.open(str(folder / clip['file'])) as got:
                self.assertEqual((got.getframerate(), got.getnframes()), (rate, clip['samples']))
                begin = round(clip['begin_s'] * rate)
                self.assertEqual(got.readframes(got.getnframes()),
                                 whole[begin * frame:(begin + clip['samples']) * frame])
        self.assertIn('tanker', {clip['class'] for clip in index})

    def test_clips_of_an_endless_source_are_whole_after_an_interrupt(self):
        folder = self.tmp / 'live clips'
        folder.mkdir()
        live = subprocess.Popen(
            ['gst-launch-1.0', '-q', '-e', 'audiotestsrc', 'is-live=true', 'freq=400', '!',
             'audio/x-raw,format=S16LE,rate=8000,channels=2', '!', 'tee', 'name=t', 't.', '!', 'queue', '!',
             'audioconvert', '!', 'sonarspectrogram', 'fft-size=1024', 'hop-size=512', 'width=16', 'advance=4', '!',
             'signatureextract', 'detection=excess', '!', 'signatureclips', 'name=c', f'location={folder}', 't.', '!',
             'queue', '!', 'c.audio'], stderr=subprocess.PIPE)
        for _ in range(100):
            if any(p.suffix == '.part' for p in folder.iterdir()):
                break
            time.sleep(0.1)
        time.sleep(1)
        live.send_signal(signal.SIGINT)
        self.assertEqual(live.wait(timeout=20), 0)
        self.assertNotIn(b'ERROR', live.stderr.read())
        live.stderr.close()
        clips = [p for p in folder.iterdir() if p.name != 'clips.jsonl']
        self.assertEqual([p.suffix for p in clips], ['.wav'])
        with wave.open(str(clips[0])) as got:
            self.assertEqual((got.getnchannels(), got.getframerate()), (2, 8000))
            self.assertGreater(got.getnframes(), 8000)

    def test_recording_becomes_a_lofargram_and_a_table_of_tonals(self):
        video, table = self.tmp / 'lofar.mp4', self.tmp / 'tonals.csv'
        write_wav(self.tmp / 'tones.wav', 2000, 40, tone_hz=120.3, noise=3000)
        self.ok(run(PIPELINES / 'lofar', self.tmp / 'tones.wav', video, table))
        self.assertGreater(frames_of(video), 30)
        rows = list(csv.DictReader(table.read_text().splitlines()))
        self.assertEqual(len(rows), 1, [row['frequency_hz'] for row in rows])
        self.assertAlmostEqual(float(rows[0]['frequency_hz']), 120.3, delta=0.02)
        self.assertLess(abs(float(rows[0]['drift_hz_per_s'])), 0.001)

    def test_recording_becomes_a_demongram_and_its_propeller_is_named(self):
        picture = self.tmp / 'demon.png'
        write_propeller(self.tmp / 'propeller.wav', shaft_hz=2.1, blades=5)
        done = run(PIPELINES / 'demon', self.tmp / 'propeller.wav', picture)
        self.ok(done)
        self.assertEqual(struct.unpack('>II', picture.read_bytes()[16:24]), (1280, 720))
        found = dict(part.split('=') for part in done.stdout.strip().split(', '))
        self.assertAlmostEqual(float(found['shaft-rate']), 2.1, delta=0.01)
        self.assertEqual(found['blades'], '5')
        missing = run(PIPELINES / 'demon', self.tmp / 'none.wav', picture)
        self.assertNotEqual(missing.returncode, 0)
        self.assertIn('none.wav', missing.stderr)

    def test_live_source_reaches_the_screen(self):
        self.ok(run(PIPELINES / 'live', 'hydrophone', env={
            **os.environ, 'SONAR_SOURCE': 'audiotestsrc is-live=true num-buffers=60', 'SONAR_SINK': 'fakesink'}))

    def test_endless_live_source_ends_on_interrupt(self):
        live = subprocess.Popen([str(PIPELINES / 'live'), 'synthetic'], stderr=subprocess.PIPE, env={
            **os.environ, 'SONAR_SOURCE': 'audiotestsrc is-live=true', 'SONAR_SINK': 'fakesink'})
        time.sleep(4)
        live.send_signal(signal.SIGINT)
        self.assertIsNotNone(live.wait(timeout=20))
        self.assertNotIn(b'ERROR', live.stderr.read())
        live.stderr.close()

    def test_render_leaves_every_file_and_scores_against_truth(self):
        out = self.tmp / 'out'
        self.ok(run('sonar-render', self.recording, '-o', out, '-m', 'synthetic', '--truth', self.tmp / 'scene'))
        names = {p.name for p in out.iterdir()}
        self.assertEqual(names - {'overlay.mp4', 'overlay.webm'},
                         {'panels.png', 'signature.png', 'signature.csv', 'tracks.csv', 'summary.json'})
        summary = json.loads((out / 'summary.json').read_text())
        self.assertEqual(summary['class'], 'tanker')
        self.assertGreater(summary['truth']['removed'], 0.85)
        self.assertGreater(summary['truth']['f1'], 0.4)
        self.assertEqual(summary['regions'], len((out / 'signature.csv').read_text().splitlines()) - 1)
        self.assertGreater(frames_of(next(out.glob('overlay.*'))), 10)
        self.check_tracks(out, summary)

    def check_tracks(self, out, summary):
        """The tonals of the table are lines that the scene was drawn with."""
        rows = list(csv.DictReader((out / 'tracks.csv').read_text().splitlines()))
        self.assertGreater(len(rows), 3)
        self.assertEqual(len(rows), summary['tracks'])
        self.assertEqual(len({row['id'] for row in rows}), len(rows))
        scene, = json.loads((self.tmp / 'scene/scenes.json').read_text())['scenes']
        drawn = [line['frequency_hz'] for line in scene['lines']]
        of_class = [float(r['median_hz']) for r in rows if r['class'] == 'tanker']
        # a fine bin (1 Hz), the Doppler bend and the drift of the speed
        near = [hz for hz in of_class if min(abs(hz - f) for f in drawn) < 1 + 0.005 * hz]
        self.assertGreaterEqual(len(near), 0.8 * len(of_class))
        for row in rows:
            self.assertLess(float(row['begin_s']), float(row['end_s']))
            self.assertLessEqual(float(row['end_s']), summary['seconds'] + 0.5)

    def test_calibration_and_the_name_give_levels_and_utc(self):
        named = self.tmp / 'scene_20231231_235955.wav'
        shutil.copy(self.recording, named)
        tables = []
        for flags in ((), ('--sensitivity', '-170', '--gain', '20', '--datetime-pattern', 'scene_%Y%m%d_%H%M%S')):
            out = self.tmp / f'levels{len(flags)}'
            self.ok(run('sonar-render', named, '-o', out, '-m', 'synthetic', '--no-video', *flags))
            tables.append(list(csv.DictReader((out / 'signature.csv').read_text().splitlines())))
        summary = json.loads((out / 'summary.json').read_text())
        self.assertEqual(summary['begin_utc'], '2023-12-31T23:59:55.000Z')
        self.assertEqual(summary['level_unit'], 'dB re 1 uPa')
        plain, calibrated = tables
        self.assertGreater(len(plain), 2)
        self.assertEqual(len(plain), len(calibrated))
        begin = datetime.datetime(2023, 12, 31, 23, 59, 55)
        for a, b in zip(plain, calibrated):
            # a sine's root mean square is 3.01 dB below its amplitude
            self.assertAlmostEqual(float(b['level_db']) - float(a['level_db']), 150 - 3.01, delta=0.011)
            self.assertEqual((a['level_unit'], b['level_unit']), ('dBFS', 'dB re 1 uPa'))
            self.assertEqual((a['begin_utc'], a['Begin Date'], a['Begin Clock Time']), ('', '', ''))
            seconds = (datetime.datetime.fromisoformat(b['begin_utc'].rstrip('Z')) - begin).total_seconds()
            self.assertAlmostEqual(seconds, float(b['begin_s']), delta=0.001)
            self.assertEqual(b['begin_utc'], b['Begin Date'].replace('/', '-') + 'T' + b['Begin Clock Time'] + 'Z')
        for row in csv.DictReader((out / 'tracks.csv').read_text().splitlines()):
            seconds = (datetime.datetime.fromisoformat(row['end_utc'].rstrip('Z')) - begin).total_seconds()
            self.assertAlmostEqual(seconds, float(row['end_s']), delta=0.002)
        self.fails(run('sonar-render', self.recording, '-o', out, '-m', 'synthetic', '--datetime-pattern', '%Y%m%d'),
                   '%Y%m%d', self.recording.name)

    def test_a_marked_contact_gates_the_recording(self):
        out = self.tmp / 'contact'
        self.ok(run('sonar-render', self.recording, '-o', out, '-m', 'synthetic', '--no-video', '--contact', '2-10'))
        summary = json.loads((out / 'summary.json').read_text())
        self.assertEqual(summary['mask_recipe'], 'contact')
        rows = list(csv.DictReader((out / 'signature.csv').read_text().splitlines()))
        self.assertIn('contact', {row['class'] for row in rows})
        wrong = run('sonar-render', self.recording, '-o', out, '--contact', '10-2')
        self.assertNotEqual(wrong.returncode, 0)
        self.assertIn('needed begin-end in seconds', wrong.stderr)

    def test_stereo_at_96_khz_is_resampled_to_the_models_rate(self):
        wide = self.tmp / 'wide.wav'
        write_wav(wide, 96000, 4, channels=2)
        out = self.tmp / 'wide'
        self.ok(run('sonar-render', wide, '-o', out, '-m', 'hydrophone', '--no-video'))
        self.assertAlmostEqual(json.loads((out / 'summary.json').read_text())['seconds'], 4, delta=0.2)

    def test_sound_track_of_a_video_is_analysed(self):
        clip = self.tmp / 'clip.mkv'
        self.ok(run('gst-launch-1.0', '-q', 'videotestsrc', 'num-buffers=90', '!', 'vp8enc', 'deadline=1', '!', 'matroskamux',
                    'name=m', '!', 'filesink', f'location={clip}', 'audiotestsrc', 'num-buffers=130', '!', 'vorbisenc',
                    '!', 'm.'))
        out = self.tmp / 'clip'
        self.ok(run('sonar-render', clip, '-o', out, '-m', 'hydrophone', '--no-video'))
        self.assertGreater(json.loads((out / 'summary.json').read_text())['seconds'], 2)

    def refused(self, name, *words):
        out = self.tmp / ('refused_' + pathlib.Path(name).name)
        self.fails(run('sonar-render', name, '-o', out, '-m', 'synthetic'), *words)
        if out.exists():
            self.assertEqual(list(out.iterdir()), [], 'something was left behind')

    def test_explanations_are_passed_on_to_the_mask(self):
        def pipeline(*flags):
            done = run('sonar-render', self.recording, '-m', 'hydrophone', '--print-pipeline', *flags)
            self.ok(done)
            return done.stdout
        self.assertNotIn('explain', pipeline())
        # pictures of 64 columns, one every 8
        self.assertIn('scorecammask explain=true interval=4 !', pipeline('--explain'))
        self.assertIn('scorecammask explain-structures=true interval=1 !', pipeline('--explain-structures'))

    def test_missing_file_is_refused(self):
        self.refused(self.tmp / 'nowhere.wav', 'nowhere.wav', 'not there')

    def test_empty_file_is_refused(self):
        empty = self.tmp / 'empty.wav'
        empty.write_bytes(b'')
        self.refused(empty, '0 bytes')

    def test_folder_is_refused(self):
        self.refused(self.tmp, 'folder')

    def test_truncated_file_is_refused(self):
        cut = self.tmp / 'cut.wav'
        cut.write_bytes(self.recording.read_bytes()[:30])
        self.refused(cut, 'cut.wav')

    def test_file_without_sound_is_refused(self):
        picture = self.tmp / 'picture.png'
        self.ok(run('gst-launch-1.0', '-q', 'videotestsrc', 'num-buffers=1', '!', 'pngenc', '!', 'filesink',
                    f'location={picture}'))
        self.refused(picture, 'picture.png')
        text = self.tmp / 'text.txt'
        text.write_text('no sound in here\n' * 40)
        self.refused(text, 'text.txt')

    def test_recording_with_nan_is_refused_with_the_sample(self):
        bad = self.tmp / 'nan.wav'
        samples = struct.pack('<3000f', *([0.1] * 3000)) + struct.pack('<f', float('nan')) + bytes(4000)
        header = b'RIFF' + struct.pack('<I', 36 + len(samples)) + b'WAVEfmt ' + struct.pack(
            '<IHHIIHH', 16, 3, 1, 1024, 4096, 4, 32) + b'data' + struct.pack('<I', len(samples))
        bad.write_bytes(header + samples)
        self.refused(bad, '3000')

    def test_unknown_model_is_refused_with_the_shipped_ones(self):
        self.fails(run('sonar-render', self.recording, '-o', self.tmp / 'x', '-m', 'submarine'), 'submarine', 'hydrophone')

    def test_folder_that_cannot_be_made_is_refused(self):
        self.fails(run('sonar-render', self.recording, '-o', self.recording / 'x', '-m', 'synthetic'), 'folder')

    def test_interrupt_leaves_whole_files(self):
        out = self.tmp / 'interrupted'
        long = self.tmp / 'long.wav'
        with wave.open(str(long), 'wb') as made:
            made.setnchannels(1)
            made.setsampwidth(2)
            made.setframerate(16000)
            made.writeframes(os.urandom(2 * 16000 * 600))
        render = subprocess.Popen(['sonar-render', str(long), '-o', str(out), '-m', 'hydrophone', '--fps', '30'],
                                  stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        deadline = time.time() + 30
        while time.time() < deadline and not any(
                p.stat().st_size > 100000 for p in out.glob('overlay.*')):
            time.sleep(0.2)
        render.send_signal(signal.SIGINT)
        self.assertEqual(render.wait(timeout=60), 130)
        self.assertFalse(list(out.glob('*.part')))
        self.assertTrue(json.loads((out / 'summary.json').read_text())['interrupted'])
        self.assertGreater(frames_of(next(out.glob('overlay.*'))), 10)


if __name__ == '__main__':
    unittest.main(verbosity=2)
