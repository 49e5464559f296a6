#!/usr/bin/env python3
"""Fails when a file includes what its folder may not. Run by `meson test`."""
import pathlib
import re
import sys

TORCH = r'torch/|ATen/|c10/'
GST = r'gst/|glib|gio/'

# folder -> what its files must not include (regular expression)
BANNED = {
    'lib/sonar/core': rf'{GST}|{TORCH}|fftw3|cairo|models/|sonar/(dsp|mask|nn|render|cluster|metrics)/',
    'lib/sonar/dsp': rf'{GST}|{TORCH}|cairo|models/|sonar/(mask|nn|render|cluster|metrics)/',
    'lib/sonar/clips': rf'{GST}|{TORCH}|fftw3|cairo|models/|sonar/(dsp|mask|nn|render|cluster|metrics)/',
    'lib/sonar/cluster': rf'{GST}|{TORCH}|fftw3|cairo|models/|sonar/(dsp|mask|nn|render|metrics)/',
    'lib/sonar/mask': rf'{GST}|{TORCH}|fftw3|cairo|models/|sonar/(dsp/(?!level\.h)|nn|render|metrics)',
    'lib/sonar/lines': rf'{GST}|{TORCH}|fftw3|cairo|models/|sonar/(dsp/(?!level\.h)|mask|nn|render|cluster|metrics)',
    'lib/sonar/metrics': rf'{GST}|{TORCH}|fftw3|cairo|models/|sonar/(dsp|nn|render)/',
    'lib/sonar/tonal': rf'{GST}|{TORCH}|fftw3|cairo|models/|sonar/(lines|nn|render|cluster|metrics)/',
    'lib/sonar/nn': rf'{GST}|{TORCH}|fftw3|cairo|models/|sonar/(dsp|render|metrics)/',
    'lib/sonar/render': rf'{GST}|{TORCH}|fftw3|models/|sonar/(dsp|nn|metrics)/',
    'models': rf'{GST}|fftw3|cairo|sonar/render/',
    'gst': rf'{TORCH}|fftw3|cairo',
    'gst/meta': r'sonar/|models/',
    'gst/sonar': r'models/(?!bundle\.h)|sonar/nn/',
    'gst/specnn': r'models/(?!registry\.h|model\.h|bundle\.h|picture\.h|structures\.h|verdict\.h)|sonar/dsp/(?!level\.h)|sonar/render/',
    'pipelines': rf'{TORCH}|fftw3|cairo',
}
# what a folder inside may include all the same
ALLOWED = {'models/report': r'sonar/render/'}
# the only files that may include torch
TORCH_FILES = re.compile(r'models/((backend|batches|pooling|weights|statistics|speccnn|speccnn_ops|torch_network|script_network|denoiser|sharenet|wgan|autoencoder)\.(h|cpp)|registry\.cpp|train/\w+\.cpp)$|tests/(models|bench)/\w+\.cpp$')


def includes(path):
    for number, line in enumerate(path.read_text().splitlines(), 1):
        found = re.match(r'\s*#\s*include\s*[<"]([^>"]+)', line)
        if found:
            yield number, found.group(1)


def main(root):
    bad = []
    for folder, banned in BANNED.items():
        for path in sorted((root / folder).rglob('*')):
            if path.suffix in ('.h', '.cpp'):
                allowed = ALLOWED.get(str(path.relative_to(root).parent), r'(?!)')
                bad += [f'{path.relative_to(root)}:{n}: {folder}/ may not include {name}'
                        for n, name in includes(path)
                        if re.match(banned, name) and not re.match(allowed, name)]
    for folder in ('lib', 'models', 'gst', 'pipelines', 'tests'):
        for path in sorted((root / folder).rglob('*')):
            if path.suffix in ('.h', '.cpp') and not TORCH_FILES.search(str(path.relative_to(root))):
                bad += [f'{path.relative_to(root)}:{n}: torch stays in models/; {name} may not be included here'
                        for n, name in includes(path) if re.match(TORCH, name)]
    print('\n'.join(sorted(set(bad))) or 'layering: clean')
    return bool(bad)


if __name__ == '__main__':
    sys.exit(main(pathlib.Path(sys.argv[1])))
