#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""sonar-record from a hydrophone on the network, which goes and comes back.

usage: record_rtsp_test.py SOURCE_ROOT     (environment as set by Meson)
"""
import pathlib
import signal
import socket
import subprocess
import sys
import time
import unittest

import numpy as np

ROOT = pathlib.Path(sys.argv.pop(1))
sys.path.insert(0, str(ROOT / 'tests/support'))
import recording as rec  # noqa: E402

try:
    import gi
    gi.require_version('GstRtspServer', '1.0')
except (ImportError, ValueError) as missing:
    print(f'skipped: no RTSP server ({missing}); install python3-gi and gir1.2-gst-rtsp-server-1.0')
    sys.exit(77)


def free_port(kind):
    with socket.socket(socket.AF_INET, kind) as s:
        s.bind(('127.0.0.1', 0))
        return s.getsockname()[1]


def serve(port, recording):
    server = subprocess.Popen([sys.executable, str(ROOT / 'tests/support/rtsp_server.py'), str(port), str(recording)],
                              stdout=subprocess.PIPE, text=True)
    assert server.stdout.readline() == 'serving\n'
    return server


def kill(server):
    server.kill()
    server.wait()
    server.stdout.close()


def until(true, seconds=20):
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, 'it never came'
        time.sleep(.1)


class Network(rec.RecordCase):
    def heard(self, bits):
        """The samples of each stretch between gaps, by the manifest."""
        stretches = [[]]
        for r in rec.manifest(self.out):
            if r['kind'] == 'gap':
                stretches.append([])
            elif r['kind'] == 'fragment':
                stretches[-1].append(rec.decode_integers(self.out / r['sound'], r['channels'], bits))
        return [np.concatenate(s) for s in stretches]

    def lose_and_return(self, rate, channels, bits):
        x = rec.samples(rate, channels, 20, bits)
        rec.write_wav(self.tmp / 'sound.wav', x, rate, bits)
        port = free_port(socket.SOCK_STREAM)
        server = serve(port, self.tmp / 'sound.wav')
        running = rec.start(self.out, '--uri', f'rtsp://127.0.0.1:{port}/hydrophone', '--fragment', 1,
                            '--no-analysis')
        until(lambda: len(rec.sounds(self.out)) >= 3)
        kill(server)
        until(lambda: len(rec.manifest(self.out, 'fragment')) == len(rec.sounds(self.out)))
        before = len(rec.sounds(self.out))
        server = serve(port, self.tmp / 'sound.wav')
        until(lambda: len(rec.sounds(self.out)) >= before + 3)
        running.send_signal(signal.SIGINT)
        self.assertEqual(running.wait(10), 0)
        said = running.stderr.read()
        running.stderr.close()
        kill(server)
        self.assertIn('the source is lost', said)
        gap, = rec.manifest(self.out, 'gap')
        self.assertGreater(gap['seconds'], 0)
        # the server begins its material anew for each client
        stretches = self.heard(bits)
        self.assertEqual(len(stretches), 2)
        for found in stretches:
            self.assertGreater(len(found), 2 * rate)
            np.testing.assert_array_equal(found, x[:len(found)])

    def test_24_bits_over_rtsp_are_kept_to_the_bit_before_and_after_a_loss(self):
        self.lose_and_return(48000, 2, 24)

    def test_16_bits_over_rtsp_are_kept_to_the_bit_before_and_after_a_loss(self):
        self.lose_and_return(16000, 1, 16)

    def test_plain_rtp_is_recorded_by_the_line_of_the_manual(self):
        x = rec.samples(48000, 1, 5, 24)
        rec.write_wav(self.tmp / 'sound.wav', x, 48000, 24)
        port = free_port(socket.SOCK_DGRAM)
        running = rec.start(
            self.out, '--source', f'udpsrc port={port} caps="application/x-rtp,media=audio,clock-rate=48000,'
            'encoding-name=L24,channels=1" ! rtpjitterbuffer ! rtpL24depay', '--fragment', 1, '--no-analysis')
        time.sleep(1)
        sent = subprocess.run(
            ['gst-launch-1.0', '-q', 'filesrc', f'location={self.tmp}/sound.wav', '!', 'wavparse', '!', 'audioconvert',
             'dithering=none', '!', 'rtpL24pay', '!', 'udpsink', 'host=127.0.0.1', f'port={port}'], timeout=30)
        self.assertEqual(sent.returncode, 0)
        time.sleep(.5)
        running.send_signal(signal.SIGINT)
        self.assertEqual(running.wait(10), 0)
        running.stderr.close()
        found, = self.heard(24)
        np.testing.assert_array_equal(found, x[:len(found)])
        self.assertGreater(len(found), 4.8 * 48000)


if __name__ == '__main__':
    unittest.main()
