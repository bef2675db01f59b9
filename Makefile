# On a machine that has only Python (3.11 or newer), pip and make, each target sets up what it needs in .venv.

PYTHON ?= python3
VENV ?= .venv
BIN = $(VENV)/bin
INSTALLED = $(VENV)/.installed

.PHONY: help demo test test-all slowest check bench format golden diagrams fuzz fuzz-source figures mutants hostile parity exports engine pyodide torture sweeps results report clean

help:
	@echo "make demo    train LeNet on handwritten digits: the main job, in about a minute after set-up"
	@echo "make test    run the tests; make test-all the deep and the slow ones as well"
	@echo "make slowest run the tests, and list the hundred that take longest"
	@echo "make check   lint, spelling, types, import direction"
	@echo "make bench   measure, side by side, against torch and torchvision"
	@echo "make format  format the code"
	@echo "make fuzz    hold random specs against PyTorch on the CPU; N=10000 says how many"
	@echo "make fuzz-source compare the exported source of random specs with the built networks; SPECS=2000 says how many"
	@echo "make figures compare figures of training with a plain loop; CASES=2000 says how many"
	@echo "make hostile check every hostile spec in a process of its own: seconds and memory, into docs/explanation/security.md"
	@echo "make torture kill runs, let disks fail and damage checkpoints and data, and see that nothing is lost"
	@echo "make results train on MNIST and digits, three seeds each, into docs/explanation/results.md: hours"
	@echo "make report  run the report's ten sweeps on MNIST, into docs/explanation/reproduction.md: days of a core; SCALE=0.1 does a part"
	@echo "make sweeps  kill sweeps 200 times, run them on a Ray cluster and on PostgreSQL, and see that each point runs once"
	@echo "make parity  compare every classifier of torchvision with its spec, in full, into docs/reference/parity.md"
	@echo "make exports compare the source of all specs, and ONNX, torch.export and torch.compile of each family, with the network"
	@echo "make engine  install the wheel alone, without torch, and run the engine's commands on every spec"
	@echo "make pyodide run the same under Pyodide in node, which npm installs"
	@echo "make mutants break the shape rules on purpose, in a copy, and see that the tests find out"
	@echo "make diagrams draw the pictures of the docs"
	@echo "make golden  rewrite the golden files; review them as a diff"
	@echo "make clean   remove .venv and caches"

$(INSTALLED): pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --editable '.[dev]'
	@touch $(INSTALLED)

demo: $(INSTALLED)
	$(BIN)/cnnspec check mnist/lenet
	$(BIN)/cnnspec summary mnist/lenet
	$(BIN)/cnnspec train mnist/lenet --data digits --epochs 20 --threads 1

test: $(INSTALLED)
	$(BIN)/python -m pytest

test-all: $(INSTALLED)
	$(BIN)/python -m pytest -m 'not slow'
	$(BIN)/python -m pytest -n 0 -m slow

slowest: $(INSTALLED)
	$(BIN)/python -m pytest --durations=100 --durations-min=0.01

check: $(INSTALLED)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/codespell
	$(BIN)/mypy
	$(BIN)/lint-imports

bench: $(INSTALLED)
	$(BIN)/pip install -q -e '.[bench]'
	$(BIN)/python -m benchmarks

results: $(INSTALLED)
	$(BIN)/python -m benchmarks.results

SCALE ?= 1

report: $(INSTALLED)
	$(BIN)/python -m benchmarks.reproduction --scale $(SCALE)

format: $(INSTALLED)
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

golden: $(INSTALLED)
	$(BIN)/python -m pytest --golden tests

DIAGRAMS = resnet50 googlenet unet mnist/lenet

diagrams: $(INSTALLED)
	for name in $(DIAGRAMS); do $(BIN)/cnnspec diagram $$name --out docs/how-to/diagrams/$$(basename $$name).svg || exit; done

N ?= 10000
SPECS ?= 2000

fuzz: $(INSTALLED)
	$(BIN)/python -m tests.fuzz --specs $(N)

fuzz-source: $(INSTALLED)
	$(BIN)/python -m tests.fuzz --source --specs $(SPECS)

CASES ?= 2000

figures: $(INSTALLED)
	$(BIN)/python -m tests.train.figures --cases $(CASES)

hostile: $(INSTALLED)
	$(BIN)/python -m tests.hostile --write

torture: $(INSTALLED)
	$(BIN)/python -m tests.torture

sweeps: $(INSTALLED)
	$(BIN)/python -m pytest -n 0 -m slow tests/sweep

exports: $(INSTALLED)
	$(BIN)/python -m tests.exports

parity: $(INSTALLED)
	$(BIN)/python -m tests.parity

engine: $(INSTALLED)
	$(BIN)/python -m tests.engine

pyodide: $(INSTALLED)
	$(BIN)/python -m tests.engine --pyodide

mutants: $(INSTALLED)
	$(BIN)/python -m tests.mutants

clean:
	rm -rf $(VENV) build dist .pytest_cache .mypy_cache .ruff_cache .hypothesis
