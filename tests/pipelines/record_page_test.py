#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""The page of sonar-record in a headless Chromium.

usage: record_page_test.py SOURCE_ROOT [SCREENSHOT.png]     (environment as set by Meson)

Skipped where no Chromium is installed.
"""
import functools
import http.server
import pathlib
import signal
import subprocess
import sys
import threading
import time
import unittest

ROOT = pathlib.Path(sys.argv.pop(1))
SCREENSHOT = sys.argv.pop(1) if len(sys.argv) > 1 and sys.argv[1].endswith('.png') else None
sys.path.insert(0, str(ROOT / 'tests/support'))
import chromium  # noqa: E402
import recording as rec  # noqa: E402

if not chromium.find():
    print('skipped: no browser; install chromium')
    sys.exit(77)


class Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_):
        pass


class Page(rec.RecordCase):
    def setUp(self):
        super().setUp()
        self.web = self.tmp / 'web'
        self.web.mkdir()
        self.server = http.server.ThreadingHTTPServer(('127.0.0.1', 0),
                                                      functools.partial(Quiet, directory=str(self.web)))
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        self.url = f'http://127.0.0.1:{self.server.server_port}/'

    def tearDown(self):
        self.server.shutdown()
        self.server.server_close()
        super().tearDown()

    def start(self, source, *options, **more):
        return rec.start(self.out, '--source', source, '--web', self.web, '--fragment', 5, '--resolution', 8,
                         '--history', 20, *options, **more)

    def stop(self, running):
        running.send_signal(signal.SIGINT)
        self.assertEqual(running.wait(30), 0)
        running.stderr.close()

    def tonal(self, seconds, silence):
        x = rec.samples(16000, 1, seconds, 16, (60, 120, 180))
        x[int(16000 * (seconds - silence)):] = rec.samples(16000, 1, silence, 16)
        rec.write_wav(self.tmp / 'sound.wav', x, 16000, 16)
        return rec.file_source(self.tmp / 'sound.wav', live=True)

    def test_the_video_plays_and_tonals_come_as_in_the_sidecar(self):
        running = self.start(self.tonal(18, 9), '--once')
        while not (self.web / 'live.m3u8').exists():
            time.sleep(.1)
        with chromium.Page(self.url, width=1400, height=1000) as page:
            self.assertTrue(page.wait('video.currentTime > 1 && video.videoWidth === 1280'), page.console)
            at = page.value('video.currentTime')
            self.assertTrue(page.wait(f'video.currentTime > {at} + 1'))
            self.assertTrue(page.wait("byId('heard').rows.length >= 3"), page.value('JSON.stringify(news.live)'))
            heard = page.value("[...byId('heard').rows].map(r => Number(r.cells[0].textContent))")
            for hz in (60, 120, 180):
                self.assertTrue(any(abs(f - hz) < 1 for f in heard), heard)
            self.assertRegex(page.value("byId('behind').textContent"), r'^live, \d+ s behind$')
            self.assertLess(page.value('(recorderNow() - player.utc()) / 1000'), 15)
            self.assertRegex(page.value("byId('class').textContent"), r'^[a-z+]+ \(\d+ %\)$')
            self.assertEqual(page.value("byId('state').textContent"), 'Recording')
            if SCREENSHOT:
                page.screenshot(SCREENSHOT)
            # the picture still shows them, the list no more
            gone = ("[...byId('heard').rows].every(r => Number(r.cells[2].textContent) < 20) && "
                    "byId('ended').rows.length >= 3 && byId('state').textContent === 'Recording'")
            self.assertTrue(page.wait(gone, 30), page.value('JSON.stringify(news.live)'))
            self.assertTrue(page.wait("byId('state').textContent === 'Stopped'"))
            self.assertEqual(running.wait(30), 0)
            running.stderr.close()
            time.sleep(1.5)  # the page asks once a second
            ended = page.value("news.live.ended")
            written = [r for records in rec.sidecars(self.out).values() for r in records if r['kind'] == 'tonal']
            self.assertGreaterEqual(len(written), 3)
            self.assertEqual(sorted(ended, key=lambda r: r['id']), sorted(written, key=lambda r: r['id']))
            shown = page.value("[...byId('ended').rows].map(r => Number(r.cells[2].textContent))")
            self.assertEqual(shown, [round(r['frequency_hz'], 2) for r in ended])
            self.assertEqual([m for m in page.console if 'exceptionDetails' in m], [])

    def test_the_page_lives_through_a_loss_of_the_source_and_a_reload(self):
        x = rec.packed(rec.samples(16000, 1, 40, 16, (60,)), 16)
        running = self.start('fdsrc ! rawaudioparse sample-rate=16000 num-channels=1 ! identity sync=true', '-m', 'none',
                             '--timeout', 2, stdin=subprocess.PIPE, pipesize=1 << 20)
        send = functools.partial(os_write_all, running.stdin)
        send(x[:6 * 32000])
        with chromium.Page(self.url, dark=True) as page:
            self.assertTrue(page.wait('video.currentTime > 1'))
            self.assertTrue(page.wait("byId('state').textContent.startsWith('The source is lost')"))
            end = page.value('player.end()')
            send(x[6 * 32000:12 * 32000])
            self.assertTrue(page.wait("byId('state').textContent === 'Recording'"))
            self.assertTrue(page.wait(f'player.end() > {end} + 2 && video.currentTime > {end} + 1'),
                            page.value('[video.currentTime, player.end()]'))
            page.go(self.url)
            self.assertTrue(page.wait('video.currentTime > 0.5'))
            # a recorder that dies is missed
            running.kill()
            running.wait()
            self.assertTrue(page.wait("byId('state').textContent.startsWith('No news from the recorder')"))
        running.stdin.close()
        running.stderr.close()


def os_write_all(stream, data):
    stream.buffer.write(data)
    stream.flush()


if __name__ == '__main__':
    unittest.main()
