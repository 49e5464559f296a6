# SPDX-License-Identifier: GPL-2.0-or-later
"""A page in a headless Chromium, driven through its debugging pipe."""
import base64
import fcntl
import json
import os
import select
import shutil
import subprocess
import tempfile
import time


def find():
    """The browser's program, or None where it is not installed."""
    return shutil.which('chromium') or shutil.which('chromium-browser') or shutil.which('google-chrome')


def high_pipe():
    """A pipe whose ends are neither 3 nor 4, which the browser wants for itself."""
    ends = os.pipe()
    high = [fcntl.fcntl(end, fcntl.F_DUPFD_CLOEXEC, 10) for end in ends]
    for end in ends:
        os.close(end)
    return high


class Page:
    """One page. Messages are JSON with a NUL after each, no socket is needed."""

    def __init__(self, url, width=1280, height=900, dark=False):
        self._profile = tempfile.TemporaryDirectory(ignore_cleanup_errors=True)
        read_commands, self._write = high_pipe()
        self._read, write_answers = high_pipe()
        arguments = [find(), '--headless', '--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage',
                     '--no-first-run', '--disable-background-networking', '--mute-audio',
                     f'--user-data-dir={self._profile.name}', f'--window-size={width},{height}',
                     '--remote-debugging-pipe', 'about:blank']
        # the browser reads descriptor 3 and writes 4
        self._process = subprocess.Popen(
            ['bash', '-c', f'exec "$@" 3<&{read_commands} 4>&{write_answers}', 'bash', *arguments],
            pass_fds=(read_commands, write_answers), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        os.close(read_commands)
        os.close(write_answers)
        self._buffer, self._number, self._session = b'', 0, None
        self.console = []
        target = next(t for t in self.call('Target.getTargets')['targetInfos'] if t['type'] == 'page')
        self._session = self.call('Target.attachToTarget', targetId=target['targetId'], flatten=True)['sessionId']
        self.call('Runtime.enable')
        if dark:
            self.call('Emulation.setEmulatedMedia', features=[{'name': 'prefers-color-scheme', 'value': 'dark'}])
        self.go(url)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._process.terminate()
        self._process.wait(20)
        os.close(self._read)
        os.close(self._write)
        self._profile.cleanup()

    def _message(self, until):
        while b'\0' not in self._buffer:
            if not select.select([self._read], [], [], max(0, until - time.monotonic()))[0]:
                raise TimeoutError('the browser does not answer')
            more = os.read(self._read, 1 << 16)
            if not more:
                raise RuntimeError('the browser has ended')
            self._buffer += more
        message, _, self._buffer = self._buffer.partition(b'\0')
        return json.loads(message)

    def call(self, method, **params):
        self._number += 1
        command = {'id': self._number, 'method': method, 'params': params}
        if self._session:
            command['sessionId'] = self._session
        os.write(self._write, json.dumps(command).encode() + b'\0')
        until = time.monotonic() + 60
        while True:
            message = self._message(until)
            if message.get('id') == self._number:
                if 'error' in message:
                    raise RuntimeError(f'{method}: {message["error"]}')
                return message['result']
            if message.get('method') in ('Runtime.consoleAPICalled', 'Runtime.exceptionThrown'):
                self.console.append(message['params'])

    def go(self, url):
        self.call('Page.navigate', url=url)

    def value(self, expression):
        """What a JavaScript expression is worth; promises are waited for."""
        result = self.call('Runtime.evaluate', expression=expression, returnByValue=True, awaitPromise=True)
        if 'exceptionDetails' in result:
            raise RuntimeError(f'{expression}: {result["exceptionDetails"]}')
        return result['result'].get('value')

    def wait(self, expression, seconds=30):
        """The expression's value once it is true; None where it never is."""
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            try:
                value = self.value(expression)
            except RuntimeError:  # the page is not there yet
                value = None
            if value:
                return value
            time.sleep(.2)
        return None

    def screenshot(self, path):
        data = self.call('Page.captureScreenshot', format='png')['data']
        with open(path, 'wb') as out:
            out.write(base64.b64decode(data))
