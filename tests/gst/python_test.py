#!/usr/bin/env python3
"""Metas and messages as a program in Python has them: Debian's python3-gi and NumPy, nothing else.

usage: python_test.py [--with-gst-overrides]     (environment as set by Meson; exit status 77: not installed)
python3-gst-1.0, which some have too, is hidden unless asked for: the metas must be readable with either.
"""
import ctypes
import gc
import importlib.util
import json
import os
import pathlib
import struct
import subprocess
import sys
import unittest

try:
    import gi
    import numpy
except ImportError as error:
    print(f'skipped: {error}')
    sys.exit(77)

if '--with-gst-overrides' in sys.argv:
    sys.argv.remove('--with-gst-overrides')
    WITH_OVERRIDES = True
else:
    sys.modules['gi.overrides.Gst'] = None
    WITH_OVERRIDES = False
gi.require_version('Gst', '1.0')
gi.require_version('GstSonar', '1.0')
from gi.repository import Gst, GstSonar  # noqa: E402

Gst.init(None)
RATE = 2000
TONE_HZ = 120.3
CLASSIFY = 'sonarspectrogram model=hydrophone ! specnnclassify model=hydrophone ! scorecammask'


def noise(seconds, rate, seed=1):
    return numpy.random.default_rng(seed).normal(0, 0.1, int(seconds * rate)).astype(numpy.float32)


def tone_in_noise(seconds=30):
    at = numpy.arange(int(seconds * RATE)) / RATE
    return noise(seconds, RATE) + 0.1 * numpy.sin(2 * numpy.pi * TONE_HZ * at).astype(numpy.float32)


def propeller(shaft_hz, blades, rate=8000, seconds=60):
    turns = 2 * numpy.pi * shaft_hz * numpy.arange(rate * seconds) / rate
    envelope = 1 + sum(.1 / k * numpy.cos(k * turns) + .4 / k * numpy.cos(k * blades * turns) for k in (1, 2, 3))
    return (envelope * noise(seconds, rate)).astype(numpy.float32)


class Run:
    """A pipeline over samples, to its end: frames as buffers and element messages as structures."""

    def __init__(self, samples, rate, elements):
        self.pipeline = Gst.parse_launch(f'appsrc name=in format=time ! audioconvert ! audioresample ! {elements} ! '
                                         'appsink name=out sync=false')
        source = self.pipeline.get_by_name('in')
        source.set_property('caps', Gst.Caps.from_string(
            f'audio/x-raw, format=F32LE, layout=interleaved, channels=1, rate={rate}'))
        self.pipeline.set_state(Gst.State.PLAYING)
        for begin in range(0, len(samples), rate):
            buffer = Gst.Buffer.new_wrapped(samples[begin:begin + rate].tobytes())
            buffer.pts = begin * Gst.SECOND // rate
            source.emit('push-buffer', buffer)
        source.emit('end-of-stream')

    def frames(self):
        sink = self.pipeline.get_by_name('out')
        while True:
            sample = sink.emit('pull-sample')
            if sample is None:
                return
            yield sample.get_buffer()

    def messages(self):
        bus = self.pipeline.get_bus()
        while True:
            message = bus.pop()
            if message is None:
                return
            assert message.type != Gst.MessageType.ERROR, message.parse_error()
            if message.type == Gst.MessageType.ELEMENT:
                yield message.get_structure()

    def stop(self):
        self.pipeline.set_state(Gst.State.NULL)


def needs_networks(test):
    return unittest.skipUnless(Gst.ElementFactory.find('specnnclassify'), 'built without LibTorch')(test)


class Python(unittest.TestCase):
    def setUp(self):
        self.runs = []

    def tearDown(self):
        for run in self.runs:
            run.stop()

    def run_over(self, samples, rate, elements):
        self.runs.append(Run(samples, rate, elements))
        return self.runs[-1]

    def lofar(self):
        return self.run_over(tone_in_noise(), RATE, 'sonarspectrogram mode=lofar ! signatureextract detection=excess')

    def lofar_frame(self):
        return list(self.lofar().frames())[-1]

    @needs_networks
    def test_the_class_is_read_with_all_its_probabilities(self):
        path = pathlib.Path(os.environ['GST_SONAR_MODEL_PATH']) / 'hydrophone.safetensors'
        with open(path, 'rb') as file:
            header = json.loads(file.read(struct.unpack('<Q', file.read(8))[0]))
        labels = json.loads(header['__metadata__']['settings'])['labels']
        run = self.run_over(noise(2, 16000), 16000, CLASSIFY)
        for frame in run.frames():
            meta = GstSonar.buffer_get_sonar_class_meta(frame)
            self.assertEqual(list(meta.get_labels()), labels)
            probabilities = meta.get_probabilities()
            self.assertEqual(len(probabilities), len(labels))
            self.assertEqual(meta.confidence, max(probabilities))
            self.assertEqual(meta.best, probabilities.index(max(probabilities)))
            self.assertEqual(meta.get_label(), 'unknown' if meta.rejected else labels[meta.best])
            self.assertEqual(meta.array('probabilities').tolist(), probabilities)
        messages = [GstSonar.to_dict(m) for m in run.messages() if m.get_name() == 'sonar-class']
        self.assertEqual(messages[-1]['label'], meta.get_label())
        self.assertEqual(messages[-1]['labels'], [labels[meta.best]])
        self.assertEqual(messages[-1]['probabilities'], [meta.confidence])
        self.assertEqual(messages[-1]['timestamp'], frame.pts)

    @needs_networks
    def test_structures_are_listed_and_their_pixels_are_an_array(self):
        at = numpy.arange(3 * 16000) / 16000
        tone = 0.2 * numpy.sin(2 * numpy.pi * 400 * at) * (at > 1.5)
        run = self.run_over(noise(3, 16000) + tone.astype(numpy.float32), 16000, CLASSIFY + ' target=vessel explain-structures=true')
        meta = GstSonar.buffer_get_sonar_mask_meta(list(run.frames())[-1])
        structures, owners = meta.get_structures(), meta.array('structure_owners')
        self.assertGreater(len(structures), 0)
        self.assertEqual(owners.dtype, numpy.uint16)
        for number, structure in enumerate(structures, 1):
            rows, columns = numpy.nonzero(owners == number)
            self.assertEqual(len(rows), structure.pixels)
            self.assertEqual((rows.min(), rows.max() + 1), (structure.row_begin, structure.row_end))
            self.assertEqual((columns.min(), columns.max() + 1), (structure.column_begin, structure.column_end))
        self.assertEqual(meta.get_tracks(), [])

    def test_the_mask_is_a_view_of_the_metas_own_memory(self):
        frame = self.lofar_frame()
        meta = GstSonar.buffer_get_sonar_mask_meta(frame)
        size = meta.values.get_size()
        address = meta.values.get_region(1, 0, size)
        mask = meta.array('values')
        self.assertEqual((mask.shape, mask.dtype), ((meta.height, meta.width), numpy.float32))
        self.assertEqual(mask.ctypes.data, address)
        self.assertEqual(mask.nbytes, size)
        self.assertFalse(mask.flags.writeable)
        # what is written there by other means is seen in the array
        ctypes.c_float.from_address(address + 4 * meta.width).value = 0.4375
        self.assertEqual(mask[1, 0], 0.4375)
        self.assertEqual(meta.array('values').ctypes.data, address)

    def test_the_array_lives_on_when_buffer_and_pipeline_are_gone(self):
        run = self.lofar()
        frame = list(run.frames())[-1]
        mask = GstSonar.buffer_get_sonar_mask_meta(frame).array('values')
        want = mask.copy()
        self.assertGreater(want.max(), 0.75)
        part = mask[1:, 1:]
        del mask, frame
        run.stop()
        self.runs.clear()
        del run
        gc.collect()
        other = [numpy.full(want.shape, -1, numpy.float32) for _ in range(20)]
        self.assertTrue((part == want[1:, 1:]).all())
        self.assertEqual(len(other), 20)

    def test_the_bytes_are_freed_with_the_last_array(self):
        freed = []

        class Watched:
            def __del__(self):
                freed.append(True)
        frame = self.lofar_frame()
        meta = GstSonar.buffer_get_sonar_mask_meta(frame)
        mask = meta.array('values')
        base = mask
        while isinstance(base, numpy.ndarray):
            base = base.base
        base.watched = Watched()
        del base, frame, meta
        gc.collect()
        self.assertEqual(freed, [])
        del mask
        gc.collect()
        self.assertEqual(freed, [True])

    def test_a_meta_and_what_it_lists_outlive_the_variable_of_the_buffer(self):
        frame = self.lofar_frame()
        meta = GstSonar.buffer_get_sonar_signature_meta(frame)
        tonals, count = meta.get_tonals(), meta.n_tonals
        del frame
        self.runs.pop().stop()
        gc.collect()
        self.assertEqual(meta.n_tonals, count)
        self.assertEqual([t.id for t in meta.get_tonals()], [t.id for t in tonals])
        del meta
        gc.collect()
        near = [tonal for tonal in tonals if abs(tonal.frequency_hz - TONE_HZ) < 0.02]
        self.assertEqual(len(near), 1, [tonal.frequency_hz for tonal in tonals])
        self.assertLess(near[0].begin, near[0].end)

    def test_fields_and_arrays_of_a_signature_agree(self):
        for frame in self.lofar().frames():
            spectrogram = GstSonar.buffer_get_sonar_spectrogram_meta(frame)
            mask = GstSonar.buffer_get_sonar_mask_meta(frame)
            signature = GstSonar.buffer_get_sonar_signature_meta(frame)
            kept = signature.array('kept')
            self.assertEqual(kept.shape, (spectrogram.height, spectrogram.width))
            regions = signature.get_regions()
            self.assertEqual(kept.sum(), sum(region.pixels for region in regions))
            edges = spectrogram.array('row_edges')
            self.assertTrue((numpy.diff(edges) < 0).all())
            for region in regions:
                self.assertIn(region.low_hz, edges)
                self.assertIn(region.high_hz, edges)
            hz = signature.array('tonal_frequencies')
            self.assertEqual(0 if hz is None else len(hz), signature.n_tonals)
            self.assertEqual(mask.recipe, 'excess')
        self.assertEqual(GstSonar.TRACK_SILENT, -40)
        self.assertEqual(GstSonar.family_origin_get_name(GstSonar.FamilyOrigin.BLADE_RATE), 'blade-rate')
        self.assertIsNone(mask.array('explanation'))
        self.assertIsNone(GstSonar.buffer_get_sonar_class_meta(frame))
        self.assertEqual(json.loads(spectrogram.recipe)['mode'], 'lofar')
        with self.assertRaisesRegex(KeyError, "MaskMeta has no array 'tonals'; it has values, explanation"):
            mask.array('tonals')

    def test_bus_messages_say_the_same_as_plain_values(self):
        run = self.lofar()
        listed = [{tonal.id: tonal for tonal in GstSonar.buffer_get_sonar_signature_meta(frame).get_tonals()}
                  for frame in run.frames()]
        told = {}
        for message in run.messages():
            fields = GstSonar.to_dict(message)
            json.dumps(fields)  # nothing but plain values
            told.setdefault(message.get_name(), []).append(fields)
        for fields, tonals in zip(told['sonar-signature'], listed):
            self.assertEqual({t['id']: t['frequency-hz'] for t in fields['tonal-list']},
                             {t.id: t.frequency_hz for t in tonals.values()})
        ended = [t for t in told['sonar-tonal'] if abs(t['frequency-hz'] - TONE_HZ) < 0.02]
        self.assertEqual(len(ended), 1)
        self.assertGreater(ended[0]['duration'], 20 * Gst.SECOND)
        lines = [r for r in told['sonar-region'] if r['low-hz'] <= TONE_HZ <= r['high-hz']]
        self.assertGreater(max(r['duration'] for r in lines), 20 * Gst.SECOND)

    def test_a_propeller_is_read_from_meta_and_message(self):
        run = self.run_over(propeller(2.1, 5), 8000, 'sonarspectrogram mode=demon width=600 advance=600')
        meta = [GstSonar.buffer_get_sonar_propulsion_meta(frame) for frame in run.frames()][-1]
        self.assertAlmostEqual(meta.shaft_hz, 2.1, delta=0.01)
        self.assertEqual(meta.blades, 5)
        told = [GstSonar.to_dict(m) for m in run.messages() if m.get_name() == 'sonar-propulsion']
        self.assertEqual(told[-1]['shaft-rate'], meta.shaft_hz)
        self.assertEqual(told[-1]['blades'], 5)

    def test_the_same_holds_beside_the_overrides_of_python3_gst(self):
        if WITH_OVERRIDES:
            return
        there = [folder for folder in importlib.util.find_spec('gi.overrides').submodule_search_locations
                 if (pathlib.Path(folder) / 'Gst.py').exists()]
        if not there:
            self.skipTest('python3-gst-1.0 is not installed')
        done = subprocess.run([sys.executable, __file__, '--with-gst-overrides'], capture_output=True, text=True,
                              timeout=120)
        self.assertEqual(done.returncode, 0, done.stderr)


if __name__ == '__main__':
    unittest.main(verbosity=2, warnings='ignore')
