#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""A hydrophone on the network: each client hears a WAV file from its beginning, as it is, in real time.

usage: rtsp_server.py PORT RECORDING.wav     (rtsp://127.0.0.1:PORT/hydrophone, L16 or L24)
"""
import sys
import wave

import gi

gi.require_version('Gst', '1.0')
gi.require_version('GstRtspServer', '1.0')
from gi.repository import GLib, Gst, GstRtspServer  # noqa: E402


def main(port, recording):
    Gst.init(None)
    with wave.open(recording) as sound:
        bits = 8 * sound.getsampwidth()
    server = GstRtspServer.RTSPServer(address='127.0.0.1', service=port)
    factory = GstRtspServer.RTSPMediaFactory()
    factory.set_launch(f'( filesrc location="{recording}" ! wavparse ! audioconvert dithering=none ! '
                       f'audio/x-raw,format=S{bits}BE ! rtpL{bits}pay name=pay0 pt=96 )')
    server.get_mount_points().add_factory('/hydrophone', factory)
    if not server.attach(None):
        sys.exit(f'port {port} is taken')
    print('serving', flush=True)
    GLib.MainLoop().run()


if __name__ == '__main__':
    main(sys.argv[1], sys.argv[2])
