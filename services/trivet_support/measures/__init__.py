"""Figures of the support service, for `trivet bench`: a module each, imported when its figure is asked for.

To add one:

1. `NAME.py` here with `run(asked: Asked) -> Measured`: `asked.train(asked.recipe)` gives the trained artifact, kept
   between runs; `asked.options` what the benchmark says beside; `Measured(kept, low, high, baselines)` what goes out.
2. In it `recompute(kept) -> float`, which `trivet bench verify` asks for the figure again, and
   `measure = ServiceMeasure(run, recompute)`; where the rows are no named data set, with `hash_data`.
3. In `benchmarks/support.toml` a `[[benchmark]]` with `measure = "support:NAME"`, its seeds fixed beforehand; a recipe
   and `options` as the measure needs them.
4. `trivet bench run ID`, and commit the records; heavy imports inside functions, as `verify` imports the module too.
5. What several measures share lies outside this folder: every module in it is a measure.
"""
