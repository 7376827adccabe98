import torch

from trivet.backbone.precision import full_precision, use_bf16


def test_a_choice_overrules_the_machine() -> None:
    assert use_bf16("on", torch.device("cpu"))
    assert not use_bf16("off", torch.device("cpu"))


def test_auto_follows_the_flags_of_the_processor() -> None:
    flags = torch.cpu.get_capabilities()
    expected = bool(flags.get("avx512_bf16") or flags.get("amx_bf16"))
    assert use_bf16("auto", torch.device("cpu")) == expected


def test_full_precision_holds_inside_autocast() -> None:
    one = torch.full((4, 4), 1.0 / 3)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        assert (one @ one).dtype == torch.bfloat16
        with full_precision(one):
            assert (one @ one).dtype == torch.float32
