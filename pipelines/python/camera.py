#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""A camera's video with the signature of what is heard drawn over it.

The signature is not painted into the video: GStreamer's overlaycomposition attaches it to each frame, and a sink that
can blend does so, on the graphics card. A frame gets the signature of its own time: the sound's picture comes half a
second after the sound, so frames wait for it in a queue, and the whole pipeline is that much late.
"""
import argparse
import collections
import os
import signal
import sys
import threading

import gi

gi.require_version('Gst', '1.0')
gi.require_version('GstVideo', '1.0')
from gi.repository import GLib, Gst, GstVideo  # noqa: E402

LONGEST_WAIT = 5  # seconds; of a frame for its sound's picture

PIPELINE = '''
  {camera} ! videoconvert ! queue max-size-time={wait} max-size-bytes=0 max-size-buffers=0 !
    overlaycomposition name=composition ! videoconvert ! {sink}
  {source} ! queue ! sonarsignature model="{model}" width={width} height={height} history=15 spectrogram::advance=2 !
    videoconvert ! video/x-raw,format=BGRA ! appsink name=pictures emit-signals=true sync=false async=false
'''


class Pictures:
    """The signature's pictures by running time, from one thread to another."""

    def __init__(self):
        self.changed = threading.Condition()
        self.recent = collections.deque(maxlen=128)  # (running time, picture), oldest first
        self.ended = False  # or silent for too long: frames do not wait

    def put(self, time, picture):
        with self.changed:
            self.recent.append((time, picture))
            self.ended = False
            self.changed.notify_all()

    def end(self):
        with self.changed:
            self.ended = True
            self.changed.notify_all()

    def at(self, time):
        """The picture that is current at a running time, or None before the first. Waits for it to be made."""
        with self.changed:
            there = self.changed.wait_for(lambda: self.ended or (self.recent and self.recent[-1][0] > time), LONGEST_WAIT)
            self.ended = self.ended or not there
            while len(self.recent) > 1 and self.recent[1][0] <= time:
                self.recent.popleft()
            return self.recent[0][1] if self.recent and self.recent[0][0] <= time else None


class Camera:
    def __init__(self, options):
        self.options = options
        x, y, width, height = options.place
        self.pipeline = Gst.parse_launch(PIPELINE.format(
            camera=os.environ.get('SONAR_CAMERA', 'autovideosrc'), source=os.environ.get('SONAR_SOURCE', 'autoaudiosrc'),
            sink=os.environ.get('SONAR_SINK', 'autovideosink'), model=options.model, width=width, height=height,
            wait=(LONGEST_WAIT + 1) * Gst.SECOND))
        self.pictures = Pictures()
        sink = self.pipeline.get_by_name('pictures')
        sink.connect('new-sample', self.take_picture)
        sink.connect('eos', lambda _: self.pictures.end())
        self.pipeline.get_by_name('composition').connect('draw', self.draw)
        self.loop = GLib.MainLoop()
        self.failed = self.ending = False

    def take_picture(self, sink):
        """Streaming thread of the sound."""
        sample = sink.emit('pull-sample')
        frame, segment = sample.get_buffer(), sample.get_segment()
        x, y, width, height = self.options.place
        picture = frame.copy_deep()  # copy() leaves it with a second reference, and it could not take the meta
        GstVideo.buffer_add_video_meta(picture, GstVideo.VideoFrameFlags.NONE, GstVideo.VideoFormat.BGRA, width, height)
        rectangle = GstVideo.VideoOverlayRectangle.new_raw(picture, x, y, width, height,
                                                           GstVideo.VideoOverlayFormatFlags.NONE)
        rectangle.set_global_alpha(self.options.opacity)
        self.pictures.put(segment.to_running_time(Gst.Format.TIME, frame.pts),
                          GstVideo.VideoOverlayComposition.new(rectangle))
        return Gst.FlowReturn.OK

    def draw(self, overlay, sample):
        """Streaming thread of the video: what goes over this frame."""
        return self.pictures.at(sample.get_segment().to_running_time(Gst.Format.TIME, sample.get_buffer().pts))

    def on_message(self, bus, message):
        if message.type == Gst.MessageType.ERROR and not self.failed:
            error, _ = message.parse_error()
            print(f'camera: {error.message}', file=sys.stderr)
            self.failed = True
        elif message.type == Gst.MessageType.WARNING:
            print(f'camera: {message.parse_warning()[0].message}', file=sys.stderr)
        if message.type in (Gst.MessageType.ERROR, Gst.MessageType.EOS):
            self.loop.quit()

    def end(self):
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
        self.pictures.end()
        self.pipeline.set_state(Gst.State.NULL)
        return 1 if self.failed else 0


def place(text):
    numbers = [int(part) for part in text.split(',')]
    if len(numbers) != 4 or numbers[2] < 160 or numbers[3] < 120:
        raise argparse.ArgumentTypeError(f'got {text}, needed X,Y,WIDTH,HEIGHT in pixels, at least 160 by 120')
    return numbers


def main():
    parser = argparse.ArgumentParser(prog='camera', description=__doc__.splitlines()[0])
    parser.add_argument('-m', '--model', default='hydrophone', help='model file or name of a shipped model (%(default)s)')
    parser.add_argument('--place', type=place, default=[16, 16, 480, 300], metavar='X,Y,WIDTH,HEIGHT',
                        help='where the signature goes in the picture, in pixels (16,16,480,300)')
    parser.add_argument('--opacity', type=float, default=0.8, help='0 to 1 (%(default)s)')
    Gst.init(None)
    return Camera(parser.parse_args()).run()


if __name__ == '__main__':
    sys.exit(main())
