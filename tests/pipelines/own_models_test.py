#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Does what docs/own-models.md says, with the code of that page (environment as set by Meson).

usage: own_models_test.py SOURCE_ROOT own_answers
"""
import importlib.util
import json
import math
import pathlib
import random
import re
import shlex
import struct
import subprocess
import sys
import tempfile
import unittest
import wave

ANSWERS = pathlib.Path(sys.argv.pop(2)).resolve()
PAGE = (pathlib.Path(sys.argv.pop(1)) / 'docs/own-models.md').read_text()
MISSING = [name for name in ('numpy', 'torch', 'torchvision') if importlib.util.find_spec(name) is None]
TOLERANCE = 1e-5  # sums of float32 in another order
RATE, WIDTH = 16000, 64


def run(*command, cwd, **more):
    done = subprocess.run([str(c) for c in command], cwd=cwd, capture_output=True, text=True, timeout=300, **more)
    assert done.returncode == 0, f'{command}: {done.stdout[-2000:]}{done.stderr[-2000:]}'
    return done


def blocks(language):
    """Code blocks of the page."""
    return [text for name, text in re.findall(r'^```(\w*)\n(.*?)^```\n', PAGE, re.M | re.S) if name == language]


def write_clip(path, tone_hz, seed, seconds=4):
    draw = random.Random(seed)
    values = [int(2000 * draw.gauss(0, 1) + 1500 * math.sin(2 * math.pi * tone_hz * i / RATE))
              for i in range(int(RATE * seconds))]
    path.parent.mkdir(parents=True, exist_ok=True)
    with wave.open(str(path), 'wb') as out:
        out.setnchannels(1)
        out.setsampwidth(2)
        out.setframerate(RATE)
        out.writeframes(struct.pack(f'<{len(values)}h', *(max(-32767, min(32767, v)) for v in values)))


def answers(folder, model, clip, mask):
    """What the elements say of the pictures of a clip, side by side: inputs, probabilities, masks."""
    import numpy
    chain = (f'filesrc location={clip} ! wavparse ! audioconvert ! sonarspectrogram model={model} advance={WIDTH} ! '
             f'specnnclassify model={model} ! scorecammask {mask}')
    run(ANSWERS, chain, folder / 'answers.f32', cwd=folder)
    about = json.loads(run('sonar-model', 'info', model, '--json', cwd=folder).stdout)
    height, width = about['picture']
    channels, classes = about['architecture']['input_channels'], len(about['labels'])
    sizes = [channels * height * width, classes, height * width]
    rows = numpy.fromfile(folder / 'answers.f32', 'float32').reshape(-1, sum(sizes))
    inputs, probabilities, masks = numpy.split(rows, numpy.cumsum(sizes)[:-1], axis=1)
    return inputs.reshape(-1, channels, height, width), probabilities, masks.reshape(-1, height, width)


def score_cam(net, picture, module, target):
    """Score-CAM as published, of the features that `module` of `net` gives, scaled to 0..1."""
    import torch
    seen = []
    hook = module.register_forward_hook(lambda _, __, out: seen.append(out.detach().clone()))
    net(picture[None])
    hook.remove()
    maps = torch.nn.functional.interpolate(seen[0], picture.shape[1:], mode='bilinear', align_corners=False)[0]
    low, high = maps.amin((1, 2), True), maps.amax((1, 2), True)
    live = (high > low).flatten()
    weights = torch.zeros(len(maps))
    scaled = ((maps - low) / (high - low))[live]
    weights[live] = torch.cat([net(picture * part[:, None]).softmax(1)[:, target] for part in scaled.split(64)])
    total = (weights[:, None, None] * maps).sum(0).relu()
    return (total - total.min()) / (total.max() - total.min())


class Pictures(unittest.TestCase):
    def test_wrong_flags_are_refused_in_a_line_and_write_nothing(self):
        with tempfile.TemporaryDirectory() as folder:
            tmp = pathlib.Path(folder)
            for label in ('low', 'high'):
                write_clip(tmp / f'clips/{label}/0.wav', 500, 1, seconds=1)
            for flags, words in (
                    (['--channels', '3', '--mean', '0,0'], '2 values of mean, needed one a channel (3)'),
                    (['--std', '0'], 'needed above 0'),
                    (['--channels', '2'], '2 not in {1,3}'),
                    (['--fft-size', '5'], 'fft-size is 5'),
                    (['--only', 'low'], '1 class(es), needed at least 2'),
                    (['--only', 'tug'], 'no class "tug"')):
                done = subprocess.run(['sonar-model', 'pictures', 'clips', '-o', 'pictures', *flags], cwd=tmp,
                                      capture_output=True, text=True, timeout=100)
                self.assertEqual(done.returncode, 1, flags)
                self.assertEqual(len(done.stderr.strip().splitlines()), 1, done.stderr)
                self.assertIn(words, done.stderr)
                self.assertFalse((tmp / 'pictures').exists())


@unittest.skipIf(MISSING, f"these Python packages are not installed: {', '.join(MISSING)} "
                          '(Debian: python3-torch, python3-torchvision; pipelines/setup --tests)')
class OwnModels(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.keep = tempfile.TemporaryDirectory()
        cls.tmp = pathlib.Path(cls.keep.name)
        for i in range(8):
            write_clip(cls.tmp / f'clips/low/{i}.wav', 400 + 20 * i, i)
            write_clip(cls.tmp / f'clips/high/{i}.wav', 2500 + 60 * i, 100 + i)

    @classmethod
    def tearDownClass(cls):
        cls.keep.cleanup()

    def pictures(self, *flags):
        import numpy
        run('sonar-model', 'pictures', 'clips', '-o', 'pictures', *flags, cwd=self.tmp)
        return [numpy.load(self.tmp / f'pictures/{name}.npy') for name in ('pictures', 'labels', 'groups')]

    def python(self, block):
        (self.tmp / 'train.py').write_text(block)
        return run(sys.executable, 'train.py', cwd=self.tmp)

    def test_from_a_folder_of_clips_to_a_running_pipeline(self):
        import numpy
        import torch
        pictures, labels, groups = self.pictures()
        self.assertEqual(pictures.dtype, numpy.float32)
        self.assertEqual(pictures.shape[1:], (1, 128, WIDTH))
        self.assertEqual(labels.dtype, numpy.int64)
        settings = json.loads((self.tmp / 'pictures/gst-sonar.json').read_text())
        self.assertEqual(settings['labels'], ['high', 'low'])
        self.assertEqual(len(set(groups)), 16)
        for group in range(16):
            self.assertEqual(len(set(labels[groups == group])), 1)

        self.python(blocks('python')[0])
        done = run('sonar-model', 'evaluate', './my-net.pt', '--manifest', 'clips', '--json', cwd=self.tmp)
        self.assertGreater(json.loads(done.stdout)['classification']['group_accuracy'], 0.9)
        self.assertEqual(done.stderr.count('use it only when it comes from people you trust'), 1)
        about = run('sonar-model', 'info', './my-net.pt', cwd=self.tmp)
        self.assertIn('network: torchscript', about.stdout)
        self.assertNotIn('trust', about.stderr)

        line, = blocks('')
        for label in ('low', 'high'):
            command = line.replace('\\\n', ' ').replace('clip.wav', f'clips/{label}/3.wav')
            done = run(*shlex.split(command), cwd=self.tmp)
            named = re.findall(r'sonar-class, label=\(string\)(\w+)', done.stdout)
            self.assertGreater(len(named), 4)
            self.assertGreater(named.count(label), 0.8 * len(named), named)
            self.assertEqual(done.stderr.count('use it only when it comes from people you trust'), 1, done.stderr)

        # what the stream shows the network is what it was trained on
        inputs, probabilities, _ = answers(self.tmp, './my-net.pt', 'clips/low/0.wav', '')
        number = [f'{label}/{i}.wav' for label in ('high', 'low') for i in range(8)].index('low/0.wav')
        own = pictures[groups == number]
        self.assertGreaterEqual(len(inputs), len(own))
        numpy.testing.assert_array_equal(inputs[:len(own)], own)
        net = torch.jit.load(str(self.tmp / 'my-net.pt'))
        with torch.no_grad():
            want = net(torch.from_numpy(own)).softmax(1).numpy()
        numpy.testing.assert_allclose(probabilities[:len(own)], want, atol=TOLERANCE)

    def test_logits_and_score_cam_of_an_unmodified_resnet_are_pythons(self):
        import numpy
        import torch
        import torchvision
        self.pictures('--channels', 3, '--mean', '0.485,0.456,0.406', '--std', '0.229,0.224,0.225')
        self.python(blocks('python')[1])
        write_clip(self.tmp / 'picture.wav', 2500, 7, seconds=2.15)  # one, as each takes 512 forward passes
        inputs, probabilities, masks = answers(self.tmp, './resnet.pt', 'picture.wav',
                                               'target=low recipe=released combine=image')
        self.assertEqual(inputs.shape[1], 3)
        torch.manual_seed(0)  # as the page does
        net = torchvision.models.resnet18(num_classes=2).eval()
        with torch.no_grad():
            for picture, got in zip(torch.from_numpy(inputs), probabilities):
                logits = net(picture[None])[0]
                numpy.testing.assert_allclose(got, logits.softmax(0).numpy(), atol=TOLERANCE)
                # probabilities are the logits but for a constant
                numpy.testing.assert_allclose(numpy.log(got[0] / got[1]), float(logits[0] - logits[1]), atol=TOLERANCE)
            want = score_cam(net, torch.from_numpy(inputs[0]), net.layer4, 1)
        self.assertGreater(float(want.std()), 0.01)
        numpy.testing.assert_allclose(masks[0], want.numpy(), atol=TOLERANCE)


if __name__ == '__main__':
    unittest.main()
