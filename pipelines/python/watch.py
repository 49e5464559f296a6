#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Prints what is heard in a recording or live: class, mask and tonals.

The class and its mask come from a model's frames, tonals from a lofargram of the same sound. Both are read from the
metas that the frames carry; with --json the bus messages are printed instead, one JSON object a line.
"""
import argparse
import json
import os
import signal
import sys

import gi

gi.require_version('Gst', '1.0')
gi.require_version('GstSonar', '1.0')
from gi.repository import GLib, Gst, GstSonar  # noqa: E402

PIPELINE = '''
  {source} ! audioconvert ! audioresample ! tee name=sound
  sound. ! queue ! audioconvert ! audioresample ! sonarspectrogram model="{model}" ! specnnclassify model="{model}" !
    scorecammask ! signatureextract ! appsink name=classes emit-signals=true sync=false async=false
  sound. ! queue ! audioconvert ! audioresample ! sonarspectrogram mode=lofar ! signatureextract detection=excess !
    appsink name=tonals emit-signals=true sync=false async=false
'''


class Watch:
    def __init__(self, options):
        self.options = options
        source = os.environ.get('SONAR_SOURCE', 'autoaudiosrc')
        if options.recording:
            source = 'filesrc name=file ! decodebin'
        self.pipeline = Gst.parse_launch(PIPELINE.format(source=source, model=options.model))
        if options.recording:
            self.pipeline.get_by_name('file').set_property('location', options.recording)
        for name, show in (('classes', self.show_class), ('tonals', self.show_tonals)):
            self.pipeline.get_by_name(name).connect('new-sample', self.take, show)
        self.next = {}  # time from which the next line of a kind is due
        self.loop = GLib.MainLoop()
        self.failed = self.ending = False

    def take(self, sink, show):
        """A frame has come; this is its streaming thread."""
        frame = sink.emit('pull-sample').get_buffer()
        if not self.options.json and frame.pts >= self.next.get(show, 0):
            self.next[show] = frame.pts + self.options.every * Gst.SECOND
            show(frame)
        return Gst.FlowReturn.OK

    def show_class(self, frame):
        named = GstSonar.buffer_get_sonar_class_meta(frame)
        meta = GstSonar.buffer_get_sonar_mask_meta(frame)
        edges = GstSonar.buffer_get_sonar_spectrogram_meta(frame).array('row_edges')
        mask = meta.array('values')  # [rows, columns], 0..1; views the meta, nothing is copied
        row = mask.mean(axis=1).argmax()
        scores = ', '.join(f'{label} {p:.2f}' for label, p in zip(named.get_labels(), named.get_probabilities()))
        print(f'{frame.pts / Gst.SECOND:8.2f} s  {named.get_label()} ({scores}); mask of {mask.shape[0]} x {mask.shape[1]}: '
              f'mean {mask.mean():.3f}, {(mask >= meta.threshold).mean():.1%} kept, '
              f'most at {edges[row + 1]:.0f} to {edges[row]:.0f} Hz', flush=True)

    def show_tonals(self, frame):
        tonals = GstSonar.buffer_get_sonar_signature_meta(frame).get_tonals()
        heard = ', '.join(f'{t.frequency_hz:.2f} Hz ({t.excess_db:.1f} dB)' for t in tonals)
        print(f'{frame.pts / Gst.SECOND:8.2f} s  tonals: {heard or "none"}', flush=True)

    def on_message(self, bus, message):
        if message.type == Gst.MessageType.ELEMENT and self.options.json:
            structure = message.get_structure()
            if structure.get_name().startswith('sonar-'):
                print(json.dumps({'message': structure.get_name(), **GstSonar.to_dict(structure)}), flush=True)
        elif message.type == Gst.MessageType.ERROR and not self.failed:
            error, _ = message.parse_error()
            print(f'watch: {self.options.recording or "live"}: {error.message}', file=sys.stderr)
            self.failed = True
            self.loop.quit()
        elif message.type == Gst.MessageType.EOS:
            self.loop.quit()
        return GLib.SOURCE_CONTINUE

    def end(self):
        """What is under way is still told."""
        if self.ending:  # asked twice: at once
            self.loop.quit()
        self.ending = True
        self.pipeline.send_event(Gst.Event.new_eos())
        return GLib.SOURCE_CONTINUE

    def run(self):
        bus = self.pipeline.get_bus()
        bus.add_signal_watch()
        bus.connect('message', self.on_message)
        GLib.unix_signal_add(GLib.PRIORITY_HIGH, signal.SIGINT, self.end)
        self.pipeline.set_state(Gst.State.PLAYING)
        self.loop.run()
        self.pipeline.set_state(Gst.State.NULL)
        return 1 if self.failed else 0


def main():
    parser = argparse.ArgumentParser(prog='watch', description=__doc__.splitlines()[0])
    parser.add_argument('recording', nargs='?', help='file with sound (default: live, from SONAR_SOURCE or autoaudiosrc)')
    parser.add_argument('-m', '--model', default='hydrophone', help='model file or name of a shipped model (%(default)s)')
    parser.add_argument('--every', type=float, default=1, help='seconds from line to line (%(default)s)')
    parser.add_argument('--json', action='store_true', help='bus messages as JSON instead')
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)  # watch ... | head
    Gst.init(None)
    return Watch(parser.parse_args()).run()


if __name__ == '__main__':
    sys.exit(main())
