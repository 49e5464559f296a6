# SPDX-License-Identifier: GPL-2.0-or-later
"""What PyGObject adds to the metas of gst-sonar.

Every meta has `array(field)`: a NumPy array that views the memory of a field of bytes, without a copy. And a meta
holds its buffer, so that it can be kept. `to_dict(structure)` turns a bus message's structure into a dict of plain
values.
"""
from gi.repository import GLib, Gst

from ..module import get_introspection_module

GstSonar = get_introspection_module('GstSonar')
__all__ = ['to_dict']


def _frame(meta):
    return (meta.height, meta.width)


# meta -> field of bytes -> NumPy's name of its items, shape of the array
_FIELDS = {
    'SpectrogramMeta': {
        'row_edges': ('float64', lambda meta: (meta.height + 1,)),
        'background': ('float32', _frame),
        'background_dbfs': ('float32', _frame),
        'fine': ('float32', lambda meta: (meta.fine_rows, meta.width)),
        'samples': ('float32', lambda meta: (-1,)),
    },
    'ClassMeta': {
        'probabilities': ('float32', lambda meta: (meta.n_classes,)),
        'input': ('float32', lambda meta: (-1,)),
        'feature_maps': ('float32', lambda meta: (-1,)),
    },
    'MaskMeta': {
        'values': ('float32', _frame),
        'explanation': ('float32', _frame),
        'track_frequencies': ('float32', lambda meta: (meta.n_tracks, meta.width)),
        'track_levels': ('float32', lambda meta: (meta.n_tracks, meta.width)),
        'structure_owners': ('uint16', _frame),
    },
    'SignatureMeta': {
        'kept': ('uint8', _frame),
        'tonal_frequencies': ('float32', lambda meta: (meta.n_tonals, meta.width)),
    },
    'PropulsionMeta': {},
}


class _Memory:
    """A GLib.Bytes as NumPy's array interface describes memory: the array's base, which keeps the bytes alive."""

    def __init__(self, field, dtype):
        size = field.get_size()
        # the same bytes, with a reference of our own
        self._bytes = GLib.Bytes.new_from_bytes(field, 0, size)
        self.__array_interface__ = {
            'version': 3,
            'typestr': dtype.str,
            'shape': (size // dtype.itemsize,),
            'data': (self._bytes.get_region(1, 0, size) or 0, True),  # read-only
        }


def _array(meta, field):
    """A field of bytes as a read-only NumPy array that views the meta's own memory and keeps it alive.

    Pictures are [height, width]: row 0 is the highest frequency, column 0 the oldest. None where the meta has nothing
    there; KeyError for a field that is no such array.
    """
    import numpy
    fields = _FIELDS[type(meta).__name__]
    if field not in fields:
        raise KeyError(f'{type(meta).__name__} has no array {field!r}; it has {", ".join(fields) or "none"}')
    held = getattr(meta, field)
    if held is None:
        return None
    name, shape = fields[field]
    return numpy.asarray(_Memory(held, numpy.dtype(name))).reshape(shape(meta))


def _holding(get):
    """The same function, whose meta keeps the buffer that it lives in."""
    def get_meta(buffer):
        meta = get(buffer)
        if meta is not None:
            meta._buffer = buffer
        return meta
    get_meta.__name__ = get.__name__
    get_meta.__doc__ = get.__doc__
    return get_meta


for _name in _FIELDS:
    getattr(GstSonar, _name).array = _array
    _getter = f'buffer_get_sonar_{_name[:-len("Meta")].lower()}_meta'
    globals()[_getter] = _holding(getattr(GstSonar, _getter))
    __all__.append(_getter)


def _plain(value):
    return to_dict(value) if isinstance(value, Gst.Structure) else value


def to_dict(structure):
    """The fields of a bus message's Gst.Structure by name; arrays are lists, structures inside are dicts."""
    fields = {}
    for number in range(structure.n_fields()):
        name = structure.nth_field_name(number)
        if structure.get_field_type(name).name == 'GstValueArray':
            _, items = structure.get_array(name)
            fields[name] = [_plain(items.get_nth(i)) for i in range(items.n_values)]
        else:
            fields[name] = _plain(structure.get_value(name))
    return fields
