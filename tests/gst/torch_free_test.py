#!/usr/bin/env python3
"""Elements without a network never load LibTorch: the dynamic loader itself says what it loads into a process.

usage: torch_free_test.py     (environment as set by Meson)
The control is specnnclassify, which must be seen to load it: a look that finds nothing anywhere would prove nothing.
"""
import os
import pathlib
import re
import subprocess
import tempfile
import unittest

HEAVY = re.compile(r'lib(torch|c10|sonarmodels|openblas|gomp)')
FREE = ['sonarspectrogram', 'signatureextract', 'signatureoverlay', 'signaturetable', 'signatureclips',
        'signatureaudio', 'sonarsignature']
SOUND = 'audiotestsrc num-buffers=40 ! audioconvert ! audioresample ! '


def loaded(*command):
    """Names of the heavy libraries that a process loaded, by its own loader (one file for each process)."""
    with tempfile.TemporaryDirectory() as folder:
        env = dict(os.environ, LD_DEBUG='files', LD_DEBUG_OUTPUT=f'{folder}/log')
        process = subprocess.Popen(command, env=env, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                                   stderr=subprocess.PIPE, text=True)
        errors = process.communicate(timeout=60)[1]
        assert process.returncode == 0, f'{command}\n{errors}'
        text = pathlib.Path(f'{folder}/log.{process.pid}').read_text(errors='replace')
    assert 'libgstreamer' in text, 'the loader told nothing'
    return sorted({pathlib.Path(name).name for name in re.findall(r'calling init: (\S+)', text)
                   if HEAVY.match(pathlib.Path(name).name)})


class TorchFree(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        # the scan of the plugins, which loads them all, in a process of its own
        subprocess.run(['gst-inspect-1.0', 'sonarspectrogram'], check=True, capture_output=True, timeout=60)

    def test_the_control_is_seen_to_load_it(self):
        self.assertTrue([name for name in loaded('gst-inspect-1.0', 'specnnclassify') if name.startswith('libtorch')])
        self.assertTrue(loaded('gst-launch-1.0', *f'{SOUND}sonarspectrogram model=hydrophone ! specnnclassify '
                               'model=hydrophone ! fakesink'.split()))

    def test_gst_inspect_of_an_element_without_a_network_loads_nothing_of_it(self):
        for name in FREE:
            self.assertEqual(loaded('gst-inspect-1.0', name), [], name)

    def test_a_pipeline_without_a_network_loads_nothing_of_it(self):
        pipeline = SOUND + 'sonarspectrogram model=hydrophone ! signatureoverlay ! videoconvert ! fakesink'
        self.assertEqual(loaded('gst-launch-1.0', *pipeline.split()), [])

    def test_the_bin_without_a_model_loads_nothing_of_it(self):
        pipeline = SOUND + 'sonarsignature model="" ! fakesink'
        self.assertEqual(loaded('gst-launch-1.0', *pipeline.split()), [])


if __name__ == '__main__':
    unittest.main()
