"""Bellwether on W1, in one or more processes of one consumer group. Copied beside the peers."""
import pathlib, sys

HERE = pathlib.Path(__file__).parent
sys.path.insert(0, str(HERE.parent))
import bench


def options(parser):
    parser.add_argument("--launcher", required=True, help="the path of ./bellwether")
    parser.add_argument("--processes", type=int, default=1)
    parser.add_argument("--commit-ms", type=int, help="default: its own bounds")


def commands(a, group, state_dir):
    interval = [] if a.commit_ms is None else ["--commit-ms", a.commit_ms]
    return [[a.launcher, "bench", "w1", "--bootstrap", a.bootstrap, "--input", a.topic, "--output", a.output,
             "--group", group, "--slot", i, "--data-folder", state_dir, *interval] for i in range(a.processes)]


bench.main("bellwether", commands, options)
