"""Which names an id may be: it becomes an attribute of a module and a part of a state-dict key."""

from __future__ import annotations

import keyword
import re
import unicodedata

# What nn.Module, nn.Sequential and nn.ModuleList already have; tests/spec/test_names.py compares it with torch's.
TAKEN = frozenset(
    """
    T_destination add_module append apply bfloat16 buffers call_super_init children compile cpu cuda double
    dump_patches eval extend extra_repr float forward get_buffer get_extra_state get_parameter get_submodule half
    insert ipu load_state_dict modules mtia named_buffers named_children named_modules named_parameters parameters
    pop register_backward_hook register_buffer register_forward_hook register_forward_pre_hook
    register_full_backward_hook register_full_backward_pre_hook register_load_state_dict_post_hook
    register_load_state_dict_pre_hook register_module register_parameter register_state_dict_post_hook
    register_state_dict_pre_hook requires_grad_ set_extra_state set_submodule share_memory state_dict to to_empty
    train training type xpu zero_grad
    """.split()
)
# The same of names that begin with `_`: torch's own, and those of the modules that scopes become.
PRIVATE = frozenset(
    """
    _apply _backward_hooks _backward_pre_hooks _buffers _call_impl _compiled_call_impl _forward_hooks
    _forward_hooks_always_called _forward_hooks_with_kwargs _forward_pre_hooks _forward_pre_hooks_with_kwargs
    _get_abs_string_index _get_backward_hooks _get_backward_pre_hooks _get_item_by_idx _get_name
    _is_full_backward_hook _load_from_state_dict _load_state_dict_post_hooks _load_state_dict_pre_hooks
    _maybe_warn_non_full_backward_hook _modules _named_members _non_persistent_buffers_set _parameters
    _register_load_state_dict_pre_hook _register_state_dict_hook _replicate_for_data_parallel _save_to_state_dict
    _slow_forward _state_dict_hooks _state_dict_pre_hooks _version _wrapped_call_impl
    _bare _evaluation _give _heads _output _outputs _run _size _steps _title _training
    """.split()
)
RESERVED = frozenset({"prev", "input", "in"})
PYTHON = frozenset(keyword.kwlist)  # torch.fx writes a child as `self.name`, and so torch.onnx and torch.export do
PARAM = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
NOT_PARAMS = frozenset({"in", "index", "and", "or", "not", "if", "else", "true", "false", "null"})


def folded(name: str) -> str:
    """The name that Python reads in source code: letters of other forms become the plain ones (NFKC, PEP 3131)."""
    return unicodedata.normalize("NFKC", name) if name.isidentifier() else name


def _fold_fault(name: str) -> str:
    read = folded(name)
    return "" if read == name else f"Python reads `{name}` as `{read}`: generated code would use one name for both"


def id_fault(name: str) -> str:
    """Why a text cannot be an id, or nothing."""
    if not name:
        return "an id cannot be empty"
    if "." in name:
        return "an id cannot contain a dot: dots separate the parts of a key"
    if not name.isprintable() or len(name) > 100:
        return "an id is up to 100 printable characters"
    if fault := _fold_fault(name):
        return fault
    if name in RESERVED:
        return f"`{name}` is reserved"
    if name in PYTHON:
        return f"`{name}` is a Python keyword, and torch.fx would write `self.{name}`"
    if name in TAKEN or name in PRIVATE:
        return f"`{name}` is already an attribute of every nn.Module"
    return "an id cannot start with `__`: Python renames such attributes" if name.startswith("__") else ""


def id_help(name: str) -> str:
    """What may be written in place of a text that cannot be an id, where that is plain."""
    read = folded(name)
    written = f"{read}_" if read in PYTHON - RESERVED else read
    return f"call it `{written}`" if written != name and not id_fault(written) else ""


def output_fault(name: str) -> str:
    """Why a text cannot name what a head gives, a field of a named tuple; or nothing."""
    if not name.isidentifier() or name in PYTHON or name.startswith("_"):
        return f"`{name}` cannot name an output"
    return _fold_fault(name)


def input_name_fault(name: str) -> str:
    """Why a text cannot name one of several inputs, or nothing."""
    return id_fault(name) or ("" if name.isidentifier() else f"`{name}` cannot name an input: letters, digits and `_`")
