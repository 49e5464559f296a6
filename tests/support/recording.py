# SPDX-License-Identifier: GPL-2.0-or-later
"""What tests of sonar-record share: sounds, the program, and what is in its folder."""
import json
import pathlib
import subprocess
import tempfile
import unittest
import wave

import numpy as np

START = '2026-11-28T22:30:00Z'


def samples(rate, channels, seconds, bits, tones=(), seed=1):
    """Noise with tones as integers, [n, channels]; all bits are in use."""
    n = int(rate * seconds)
    full = 2.0 ** (bits - 1)
    x = np.random.default_rng(seed).normal(0, full / 20, (n, channels))
    for hz in tones:
        x += full / 20 * np.sin(2 * np.pi * hz * np.arange(n) / rate)[:, None]
    return np.clip(np.rint(x), -full, full - 1).astype(np.int64)


def packed(x, bits):
    """Little-endian bytes of integers, as WAV and raw streams have them."""
    width = bits // 8
    return x.astype('<i4').reshape(-1, 1).view(np.uint8)[:, :width].tobytes()


def write_wav(path, x, rate, bits):
    with wave.open(str(path), 'wb') as out:
        out.setparams((x.shape[1], bits // 8, rate, 0, 'NONE', ''))
        out.writeframes(packed(x, bits))


def file_source(path, live=False):
    """Elements that give a WAV file, at once or in real time."""
    return f'filesrc location="{path}" ! wavparse' + (' ! identity sync=true' if live else '')


def command(folder, *options):
    return ['sonar-record', '-o', str(folder), *(str(o) for o in options)]


def record(folder, *options, timeout=60, **more):
    """The program, to its end."""
    return subprocess.run(command(folder, *options), capture_output=True, text=True, timeout=timeout, **more)


def start(folder, *options, **more):
    return subprocess.Popen(command(folder, *options), stderr=subprocess.PIPE, text=True, **more)


def lines(path):
    """The whole lines of a JSON-lines file; a crash may have cut the last one."""
    text = pathlib.Path(path).read_text()
    return [json.loads(line) for line in text[:text.rfind('\n') + 1].splitlines()]


def manifest(folder, kind=None):
    return [r for r in lines(pathlib.Path(folder) / 'manifest.jsonl') if kind in (None, r['kind'])]


def sidecars(folder):
    """Name of each sidecar without its suffix -> its records."""
    return {p.stem: lines(p) for p in sorted(pathlib.Path(folder).glob('*Z*.jsonl'))}


def sounds(folder):
    return sorted(p for p in pathlib.Path(folder).glob('*Z*') if p.suffix in ('.flac', '.mkv'))


def decode(path):
    """The bytes of a file's samples, by GStreamer; also of one that was never finished."""
    raw = pathlib.Path(str(path) + '.raw')
    run = subprocess.run(['gst-launch-1.0', '-q', 'filesrc', f'location={path}', '!', 'decodebin', '!', 'audioconvert',
                          'dithering=none', '!', f'audio/x-raw,format={decoded_format(path)}', '!', 'filesink',
                          f'location={raw}'], capture_output=True, text=True, timeout=60)
    found = raw.read_bytes() if raw.exists() else b''
    raw.unlink(missing_ok=True)
    return found, run.returncode


def decoded_format(path):
    """FLAC is decoded to 32 bits whose lower ones are zero, Matroska as it is."""
    return 'S32LE' if pathlib.Path(path).suffix == '.flac' else '{S16LE,S24LE,S32LE,F32LE,F64LE}'


def decode_integers(path, channels, bits):
    data, code = decode(path)
    assert code == 0, path
    if pathlib.Path(path).suffix == '.flac':
        x = np.frombuffer(data, '<i4').astype(np.int64)
        assert not np.any(x & ((1 << (32 - bits)) - 1)), 'more bits than there were'
        x >>= 32 - bits
    else:
        x = np.frombuffer(data, '<i4').astype(np.int64)
    return x.reshape(-1, channels)


def frames_of(video):
    """Frames that a decoder finds in a video."""
    run = subprocess.run(['gst-launch-1.0', '-v', 'filesrc', f'location={video}', '!', 'decodebin', '!', 'identity',
                          'silent=false', '!', 'fakesink'], capture_output=True, text=True, timeout=60)
    return run.stdout.count('chain')


class RecordCase(unittest.TestCase):
    """A folder of its own for each test, and where the recorder writes in it."""

    def setUp(self):
        self.keep = tempfile.TemporaryDirectory()
        self.tmp = pathlib.Path(self.keep.name)
        self.out = self.tmp / 'out'

    def tearDown(self):
        self.keep.cleanup()

    def wav(self, x, rate, bits):
        path = self.tmp / 'sound.wav'
        write_wav(path, x, rate, bits)
        return path

    def ok(self, done):
        self.assertEqual(done.returncode, 0, done.stderr)
