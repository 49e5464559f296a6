#!/usr/bin/env python3
"""Players, video beside the signature, and the programs in Python of pipelines/, as a user has them.

usage: players_test.py SOURCE_ROOT     (environment as set by Meson; exit status 77: python3-gi or NumPy is missing)
"""
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import unittest
import wave

try:
    import gi
    import numpy
except ImportError as error:
    print(f'skipped: {error}')
    sys.exit(77)
gi.require_version('Gst', '1.0')
from gi.repository import Gst  # noqa: E402

ROOT = pathlib.Path(sys.argv.pop(1))
PIPELINES = ROOT / 'pipelines'
WIDTH, HEIGHT, FPS, SECONDS = 1280, 720, 25, 8
FLASH = (3, 4)  # seconds; in picture and sound
AUDIO_AND_VIS = 0x2 | 0x8


def run(*command, **more):
    return subprocess.run([str(c) for c in command], capture_output=True, text=True, timeout=120, **more)


def write_wav(path, rate, channels):
    """Noise, and a tone of 1 kHz while the picture is bright."""
    at = numpy.arange(rate * SECONDS) / rate
    samples = 0.02 * numpy.random.default_rng(3).normal(size=at.size)
    samples += 0.3 * numpy.sin(2 * numpy.pi * 1000 * at) * ((at >= FLASH[0]) & (at < FLASH[1]))
    with wave.open(str(path), 'wb') as out:
        out.setnchannels(channels)
        out.setsampwidth(2)
        out.setframerate(rate)
        out.writeframes(numpy.repeat((samples * 32767).astype('<i2'), channels).tobytes())


def write_clip(path, sound):
    """A video, dark gray, which is white during the flash, with that sound."""
    levels = [255 if FLASH[0] <= i / FPS < FLASH[1] else 60 for i in range(FPS * SECONDS)]
    raw = path.with_suffix('.gray')
    raw.write_bytes(b''.join(bytes([level]) * (320 * 180) for level in levels))
    done = run('gst-launch-1.0', '-q', 'filesrc', f'location={raw}', 'blocksize=57600', '!', 'rawvideoparse', 'format=gray8',
               'width=320', 'height=180', f'framerate={FPS}/1', '!', 'videoconvert', '!', 'video/x-raw,format=I420', '!',
               'vp8enc', 'deadline=1', 'target-bitrate=2000000', '!', 'queue', '!', 'matroskamux', 'name=m', '!', 'filesink',
               f'location={path}', 'filesrc', f'location={sound}', '!', 'wavparse', '!', 'audioconvert', '!', 'flacenc',
               '!', 'queue', '!', 'm.')
    assert done.returncode == 0, done.stderr


def frames_of(video):
    """(time in seconds, RGB picture) of each frame of a video of 1280 x 720."""
    pipeline = Gst.parse_launch(f'filesrc location="{video}" ! decodebin ! videoconvert ! video/x-raw,format=RGB ! '
                                'appsink name=out sync=false')
    pipeline.set_state(Gst.State.PLAYING)
    sink = pipeline.get_by_name('out')
    while True:
        sample = sink.emit('pull-sample')
        if sample is None:
            break
        buffer = sample.get_buffer()
        picture = numpy.frombuffer(buffer.extract_dup(0, buffer.get_size()), numpy.uint8)
        yield buffer.pts / Gst.SECOND, picture.reshape(HEIGHT, WIDTH, 3)
    pipeline.set_state(Gst.State.NULL)


def bright_yellow(part):
    """Pixels of the colour map's loud end, which the tone has and noise has not."""
    red, green, blue = (part[..., i].astype(int) for i in range(3))
    return ((red > 170) & (green > 170) & (blue < 110)).sum()


def first(times):
    return next(iter(times), None)


class Player:
    """playbin or playbin3 with the signature as its visualization; pictures are counted, not shown."""

    def __init__(self, kind, recording, settings=''):
        self.times, self.caps = [], None
        self.player = Gst.ElementFactory.make(kind)
        self.player.set_property('uri', recording.as_uri())
        self.player.set_property('flags', AUDIO_AND_VIS)
        self.player.set_property('vis-plugin', Gst.parse_launch(f'sonarsignature {settings} ')
                                 if settings else Gst.ElementFactory.make('sonarsignature'))
        sink = Gst.ElementFactory.make('fakesink')
        sink.set_property('signal-handoffs', True)
        sink.connect('handoff', self.take)
        self.player.set_property('video-sink', sink)
        self.player.set_property('audio-sink', Gst.ElementFactory.make('fakesink'))

    def take(self, sink, buffer, pad):
        self.times.append(buffer.pts / Gst.SECOND)
        self.caps = pad.get_current_caps().get_structure(0).to_string()

    def pause(self, seconds=10):
        self.player.set_state(Gst.State.PAUSED)
        return self.player.get_state(seconds * Gst.SECOND)[0] == Gst.StateChangeReturn.SUCCESS

    def seek(self, seconds):
        self.player.seek_simple(Gst.Format.TIME, Gst.SeekFlags.FLUSH | Gst.SeekFlags.ACCURATE, seconds * Gst.SECOND)
        self.player.get_state(10 * Gst.SECOND)
        self.times.clear()

    def play(self):
        """To the end: what ended it."""
        self.player.set_state(Gst.State.PLAYING)
        message = self.player.get_bus().timed_pop_filtered(60 * Gst.SECOND,
                                                           Gst.MessageType.EOS | Gst.MessageType.ERROR)
        ended = 'nothing' if message is None else message.type.first_value_nick
        self.stop()
        return ended

    def stop(self):
        self.player.set_state(Gst.State.NULL)


class Players(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.keep = tempfile.TemporaryDirectory()
        cls.tmp = pathlib.Path(cls.keep.name)
        cls.sound = cls.tmp / 'sound.wav'
        cls.wide = cls.tmp / 'wide.flac'  # 96 kHz, stereo
        cls.clip = cls.tmp / 'clip.mkv'
        write_wav(cls.sound, 48000, 1)
        write_wav(cls.tmp / 'wide.wav', 96000, 2)
        done = run('gst-launch-1.0', '-q', 'filesrc', f'location={cls.tmp}/wide.wav', '!', 'wavparse', '!', 'flacenc', '!',
                   'filesink', f'location={cls.wide}')
        assert done.returncode == 0, done.stderr
        write_clip(cls.clip, cls.sound)

    @classmethod
    def tearDownClass(cls):
        cls.keep.cleanup()

    def check(self, player, seconds, begin=0, least=2):
        self.assertGreater(len(player.times), least * (seconds - begin))
        self.assertEqual(player.times, sorted(player.times))
        self.assertAlmostEqual(player.times[0], begin, delta=0.3)
        self.assertAlmostEqual(player.times[-1], seconds, delta=1.5)
        self.assertIn('width=(int)1280', player.caps)

    def test_a_player_shows_recordings_of_any_rate_and_ends(self):
        for recording in (self.wide, self.sound):
            player = Player('playbin', recording)
            self.assertTrue(player.pause())
            self.assertEqual(player.play(), 'eos')
            self.check(player, SECONDS)

    def test_a_player_shows_tonals_without_a_model(self):
        player = Player('playbin', self.wide, 'model=""')
        self.assertTrue(player.pause())
        self.assertEqual(player.play(), 'eos')
        self.check(player, SECONDS, least=6)

    def test_a_player_begins_though_the_first_picture_needs_two_seconds_of_sound(self):
        player = Player('playbin', self.sound, 'model=synthetic')
        self.assertTrue(player.pause())
        self.assertEqual(player.play(), 'eos')
        self.check(player, SECONDS)

    def test_a_player_seeks(self):
        player = Player('playbin', self.sound)
        self.assertTrue(player.pause())
        player.seek(5)
        self.assertEqual(player.play(), 'eos')
        self.check(player, SECONDS, begin=5)

    def test_a_missing_model_is_one_error_of_the_player(self):
        player = Player('playbin', self.sound, 'model=submarine')
        self.assertFalse(player.pause())
        bus = player.player.get_bus()
        errors, patience = [], 10 * Gst.SECOND
        while (message := bus.timed_pop_filtered(patience, Gst.MessageType.ERROR)) is not None:
            errors.append(message.parse_error()[0].message)
            patience = Gst.SECOND // 4  # for a second one
        player.stop()
        self.assertEqual(len(errors), 1, errors)
        self.assertIn('no model "submarine"', errors[0])

    def test_playbin3_shows_it_too(self):
        # in GStreamer 1.22 it hangs now and then before it looks at the visualization, whichever it is
        for seconds in (2, 4, 8, 16, 16):
            player = Player('playbin3', self.wide)
            if player.pause(seconds):
                self.assertEqual(player.play(), 'eos')
                self.check(player, SECONDS)
                return
            player.stop()
        self.fail('playbin3 did not begin')

    def test_picture_in_picture_is_in_step_and_leaves_the_rest_of_the_video(self):
        out = self.tmp / 'pip.mp4'
        done = run(PIPELINES / 'picture-in-picture', self.clip, out)
        self.assertEqual(done.returncode, 0, done.stderr)
        frames = list(frames_of(out))
        self.assertEqual(len(frames), FPS * SECONDS)
        flash = first(t for t, picture in frames if picture[100, 100].min() > 200)
        self.assertAlmostEqual(flash, FLASH[0], delta=0.05)
        # the plot without its colour bar; 64 ms of sound a picture, 40 ms a frame
        tone = first(t for t, picture in frames if bright_yellow(picture[340:680, 680:1210]) > 3)
        self.assertAlmostEqual(tone, flash, delta=0.11)
        for _, picture in frames:  # a gray of one level beside it
            self.assertLess(numpy.ptp(picture[:290].astype(int)), 40)
            self.assertLess(numpy.ptp(picture[:, :600].astype(int)), 40)

    def test_picture_in_picture_says_what_a_file_lacks(self):
        for name, words in (('nowhere.mp4', 'there is no recording'), ('sound.wav', 'has no video')):
            done = run(PIPELINES / 'picture-in-picture', self.tmp / name, self.tmp / 'none.mp4')
            self.assertEqual(done.returncode, 1)
            self.assertIn(name, done.stderr)
            self.assertIn(words, done.stderr)

    def test_signature_stands_above_gstreamers_visualizers(self):
        out = self.tmp / 'visualizers.mp4'
        done = run(PIPELINES / 'visualizers', self.wide, out)
        self.assertEqual(done.returncode, 0, done.stderr)
        frames = list(frames_of(out))
        self.assertAlmostEqual(len(frames), FPS * SECONDS, delta=FPS)
        later = next(picture for t, picture in frames if t >= FLASH[0] + 0.5)
        self.assertGreater(bright_yellow(later[40:480, 60:1220]), 3)
        for part in (later[500:, :640], later[500:, 640:]):  # the samples; the spectrum
            self.assertGreater((part.max(axis=2) > 128).sum(), 200)

    def test_signature_over_a_cameras_video_is_in_step(self):
        out = self.tmp / 'camera.mkv'
        environment = {
            **os.environ,
            'SONAR_CAMERA': f'filesrc location={self.clip} ! matroskademux ! vp8dec ! videoscale ! '
                            'video/x-raw,width=1280,height=720',
            'SONAR_SOURCE': f'filesrc location={self.sound} ! wavparse',
            'SONAR_SINK': f'x264enc speed-preset=ultrafast trellis=false ! matroskamux ! filesink location={out}'}
        done = run(PIPELINES / 'camera', '--place', '40,30,640,400', '--opacity', '1', env=environment)
        self.assertEqual((done.returncode, done.stderr), (0, ''))
        frames = list(frames_of(out))
        self.assertEqual(len(frames), FPS * SECONDS)
        flash = first(t for t, picture in frames if picture[600, 1000].min() > 200)
        tone = first(t for t, picture in frames if bright_yellow(picture[70:410, 80:620]) > 3)
        self.assertAlmostEqual(flash, FLASH[0], delta=0.05)
        self.assertAlmostEqual(tone, flash, delta=0.11)
        for _, picture in frames:
            self.assertLess(numpy.ptp(picture[440:].astype(int)), 40)

    def test_a_sink_that_blends_gets_compositions_and_frames_as_they_came(self):
        script = f"""
import sys
sys.argv = ['camera', '--place', '16,16,480,300']
sys.path.insert(0, {str(PIPELINES / 'python')!r})
import camera
from gi.repository import Gst, GstVideo
seen = set()
def look(pad, info):
    buffer = info.get_buffer()
    api = GstVideo.video_overlay_composition_meta_api_get_type()
    pixels = set(buffer.extract_dup(0, 1280 * 100 * 4))
    seen.add((buffer.get_meta(api) is not None, len(pixels)))
    return Gst.PadProbeReturn.OK
run = camera.Camera.run
def watched(self):
    sink = self.pipeline.get_by_name('screen')
    sink.get_static_pad('sink').add_probe(Gst.PadProbeType.BUFFER, look)
    return run(self)
camera.Camera.run = watched
assert camera.main() == 0
print(sorted(seen))
"""
        done = run(sys.executable, '-c', script, env={
            **os.environ,
            'SONAR_CAMERA': 'videotestsrc num-buffers=50 pattern=white ! '
                            'video/x-raw,format=BGRA,width=1280,height=720,framerate=25/1',
            'SONAR_SOURCE': 'audiotestsrc num-buffers=120', 'SONAR_SINK': 'fakevideosink name=screen sync=false'})
        self.assertEqual(done.returncode, 0, done.stderr)
        # white alone, with and (before the first picture) without a composition
        self.assertIn(done.stdout.strip(), ('[(True, 1)]', '[(False, 1), (True, 1)]'))

    def test_watch_prints_class_mask_and_tonals(self):
        done = run(PIPELINES / 'watch', self.sound, '--every', '2')
        self.assertEqual((done.returncode, done.stderr), (0, ''))
        lines = done.stdout.splitlines()
        named = [line for line in lines if 'mask of 128 x 64' in line]
        self.assertEqual(len(named), 4)
        for line in named:
            self.assertRegex(line, r'biological \d\.\d\d, vessel \d\.\d\d, weather \d\.\d\d\)')
            self.assertRegex(line, r'mean \d\.\d{3}, \d+\.\d% kept, most at \d+ to \d+ Hz')
        self.assertGreater(len([line for line in lines if 'tonals:' in line]), 1)

    def test_watch_gives_messages_as_json(self):
        done = run(PIPELINES / 'watch', self.sound, '--json')
        self.assertEqual((done.returncode, done.stderr), (0, ''))
        kinds = [json.loads(line)['message'] for line in done.stdout.splitlines()]
        self.assertLessEqual({'sonar-class', 'sonar-signature', 'sonar-region'}, set(kinds))

    def test_watch_says_what_is_wrong_in_one_line(self):
        (self.tmp / 'empty.wav').write_bytes(b'')
        for arguments, words in (((self.tmp / 'nowhere.wav',), 'nowhere.wav'),
                                 ((self.tmp / 'empty.wav',), 'no data'),
                                 ((self.sound, '-m', 'submarine'), 'no model "submarine"')):
            done = run(PIPELINES / 'watch', *arguments)
            self.assertEqual(done.returncode, 1)
            self.assertEqual(len(done.stderr.splitlines()), 1, done.stderr)
            self.assertIn(words, done.stderr)


Gst.init(None)
if __name__ == '__main__':
    unittest.main(verbosity=2, warnings='ignore')
