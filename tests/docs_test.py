#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Fails when docs/elements and the elements disagree, the README's pipelines are not
those of pipelines/, or a link leads nowhere.

usage: docs_test.py SOURCE_ROOT     (GST_PLUGIN_PATH_1_0 names the build's plugins)

Every element of the build has a page docs/elements/NAME.md with one table whose
first row begins "| Property |" and whose columns are: name, type and range (every
value of an enum), default, when changeable. A plugin that was not built (specnn
needs LibTorch) is left out and said so.
"""
import os
import pathlib
import re
import subprocess
import sys

PLUGINS = {'sonar': True, 'specnn': False}  # name -> always built
INHERITED = {'name', 'parent', 'qos', 'async-handling', 'message-forward'}
WHEN = {'changeable only in NULL or READY state': 'READY',
        'changeable in NULL, READY, PAUSED or PLAYING state': 'PLAYING'}
PIPELINES = ('video', 'pictures', 'live', 'table', 'audio', 'clips', 'lofar', 'demon')
TEXT_FOLDERS = ('docs', 'models', 'pipelines', 'tests')


def inspect(name):
    """What gst-inspect-1.0 prints, or None where there is no such thing."""
    env = dict(os.environ, LC_ALL='C', GST_INSPECT_NO_COLORS='1')
    run = subprocess.run(['gst-inspect-1.0', name], env=env, text=True, capture_output=True)
    return run.stdout if run.returncode == 0 else None


def elements_of(plugin_text):
    return re.findall(r'^  ([a-z0-9]+): ', plugin_text, re.M)


def properties_of(element_text):
    """name -> (default, when, enum values) of an element's own properties."""
    out = {}
    section = element_text.split('Element Properties:')[1]
    for part in re.split(r'\n  (?=[a-z][a-z0-9-]*\s*: )', section)[1:]:
        name = part.split(':')[0].strip()
        if name in INHERITED:
            continue
        default = re.search(r'Default: *(.*?) *$', part, re.M).group(1)
        quoted = re.search(r'"(.*)"', default)
        default = quoted.group(1) if quoted else default
        when = next(short for words, short in WHEN.items() if words in part)
        out[name] = (default, when, re.findall(r'^ +\(-?\d+\): (\S+)', part, re.M))
    return out


def table_of(page_text):
    """name -> (type cell, default, when) of the page's property table."""
    rows = page_text.split('| Property |', 1)[-1].split('\n\n')[0].splitlines()[2:]
    out = {}
    for row in rows:
        cells = [cell.strip() for cell in row.strip().strip('|').split('|')]
        out[cells[0].strip('`')] = (cells[1], cells[2].strip('`'), cells[3])
    return out


def same(written, real):
    if real == 'null':
        return written == 'none'
    try:
        return float(written) == float(real)
    except ValueError:
        return written == real


def compare(name, page, real, written):
    for prop in sorted(real.keys() - written.keys()):
        yield f'{page}: property {prop} of {name} is missing'
    for prop in sorted(written.keys() - real.keys()):
        yield f'{page}: {name} has no property {prop}'
    for prop in sorted(real.keys() & written.keys()):
        (default, when, values), (cell, said, said_when) = real[prop], written[prop]
        if not same(said, default):
            yield f'{page}: default of {prop} is {default}, the page says {said}'
        if said_when != when:
            yield f'{page}: {prop} is changeable up to {when}, the page says {said_when}'
        for value in values:
            if f'`{value}`' not in cell:
                yield f'{page}: value {value} of {prop} is missing'


def check_elements(root):
    pages = {p.stem: p for p in (root / 'docs/elements').glob('*.md')}
    everything_built = True
    for plugin, required in PLUGINS.items():
        text = inspect(plugin)
        if text is None:
            everything_built = False
            if required:
                yield f'plugin {plugin} is not found; is GST_PLUGIN_PATH_1_0 set?'
            else:
                print(f'plugin {plugin} is not built: its pages are not compared')
            continue
        for element in elements_of(text):
            page = pages.pop(element, None)
            if page is None:
                yield f'docs/elements/{element}.md is missing'
                continue
            yield from compare(element, page.relative_to(root), properties_of(inspect(element)),
                               table_of(page.read_text()))
    if everything_built:
        for page in pages.values():
            yield f'{page.relative_to(root)}: there is no such element'


def launch_lines(text):
    """Every gst-launch-1.0 line of a text, whatever its files and models are called."""
    joined = re.sub(r'\\\n\s*', '', text)
    joined = re.sub(r'\$\{\w+:-(\w+)\}', r'\1', joined)
    return {re.sub(r'\b(location|model)=\S+', r'\1=X', line).strip()
            for line in re.findall(r'gst-launch-1\.0 .*', joined)}


def check_pipelines(root):
    shown = launch_lines((root / 'README.md').read_text())
    for name in PIPELINES:
        for line in launch_lines((root / 'pipelines' / name).read_text()):
            if line not in shown:
                yield f'README.md does not show the line of pipelines/{name}: {line}'


def text_files(root):
    yield from root.glob('*.md')
    for folder in TEXT_FOLDERS:
        yield from (root / folder).rglob('*.md')


def without_code(text):
    return re.sub(r'`[^`\n]*`', '', re.sub(r'^```.*?^```', '', text, flags=re.M | re.S))


def anchors_of(path):
    """Anchors of a page's headings, as code hosts make them."""
    headings = re.findall(r'^#+ +(.+?) *$', path.read_text(), re.M)
    return {re.sub(r'[^\w\- ]', '', h.lower()).replace(' ', '-') for h in headings}


def check_links(root):
    for page in sorted(text_files(root)):
        for link in re.findall(r'\]\(([^)\s]+)\)', without_code(page.read_text())):
            if re.match(r'[a-z]+:', link):
                continue
            path, _, anchor = link.partition('#')
            target = (page.parent / path) if path else page
            if not target.exists():
                yield f'{page.relative_to(root)}: the link {link} leads nowhere'
            elif anchor and anchor not in anchors_of(target):
                yield f'{page.relative_to(root)}: the link {link} names no heading there'


def main(root):
    bad = [*check_elements(root), *check_pipelines(root), *check_links(root)]
    print('\n'.join(bad) or 'docs: elements, pipelines and links agree')
    return bool(bad)


if __name__ == '__main__':
    sys.exit(main(pathlib.Path(sys.argv[1]).resolve()))
