import os
import subprocess
import sys
from pathlib import Path

PROGRAM = """
import sys
from trivet.runtime.load_openvino import load_openvino
ov = load_openvino()
import nncf
from openvino.tools.ovc.telemetry_utils import init_ovc_telemetry
init_ovc_telemetry().start_session("ovc")
assert not getattr(sys.modules.get("openvino_telemetry"), "Telemetry", None)
assert "MagicMock" in type(nncf.telemetry.telemetry).__name__, type(nncf.telemetry.telemetry)
print(ov.__name__)
"""


def test_openvino_and_nncf_have_no_telemetry_to_send(tmp_path: Path) -> None:
    home = {**os.environ, "HOME": str(tmp_path)}
    done = subprocess.run([sys.executable, "-c", PROGRAM], env=home, capture_output=True, text=True, check=False)
    assert done.stdout.strip() == "openvino", done.stderr[-2000:]
    # The first thing that it does where it is allowed to send is to write an id into the home.
    assert not list(tmp_path.iterdir())
