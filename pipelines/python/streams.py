#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Prints what a file has that can be decoded: audio, video, both or nothing.

usage: streams.py FILE
"""
import pathlib
import sys

import gi

gi.require_version('Gst', '1.0')
gi.require_version('GstPbutils', '1.0')
from gi.repository import GLib, Gst, GstPbutils  # noqa: E402


def main(name):
    Gst.init(None)
    try:
        info = GstPbutils.Discoverer.new(20 * Gst.SECOND).discover_uri(pathlib.Path(name).resolve().as_uri())
    except GLib.Error as error:
        sys.exit(f'{name}: {error.message}')
    kinds = {'audio': info.get_audio_streams(), 'video': info.get_video_streams()}
    print(' '.join(kind for kind, streams in kinds.items() if streams))


if __name__ == '__main__':
    main(sys.argv[1])
