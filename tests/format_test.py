#!/usr/bin/env python3
"""Fails when a source file is not formatted as .clang-format says.

usage: format_test.py SOURCE_ROOT
"""
import pathlib
import shutil
import subprocess
import sys


def main(root):
    if not shutil.which('clang-format'):
        print('skipped: clang-format is not installed')
        return 77
    files = sorted(p for folder in ('lib', 'models', 'gst', 'pipelines', 'tests') for p in (root / folder).rglob('*')
                   if p.suffix in ('.h', '.cpp'))
    done = subprocess.run(['clang-format', '--dry-run', '--Werror', *files], capture_output=True, text=True)
    print(done.stderr[:4000] or f'{len(files)} files are formatted')
    return done.returncode


if __name__ == '__main__':
    sys.exit(main(pathlib.Path(sys.argv[1])))
