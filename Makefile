# Two commands do everything on a fresh machine: `make run` and `make test`; `make demo` is a first look. Each sets up
# .venv by itself, once.
PYTHON ?= python3
CORES ?= all
ROUNDS ?= 200
THREADS ?= 2
VENV := .venv
BIN := $(CURDIR)/$(VENV)/bin
READY := $(VENV)/.ready
PEERS := benchmarks/.venv/.ready
PAGES := docs/.venv/.ready
CLOUD := tests/cloud/.venv/.ready
PEERS_PYTHON := benchmarks/.venv/bin/python
export PATH := $(BIN):$(PATH)
# Nothing of who calls it changes what Python computes with: Snakemake clears the same for its jobs, by
# workflow_scripts/reproduction/runtime/environment.py.
unexport PYTHONPATH PYTHONHOME PYTHONSAFEPATH PYTHONPLATLIBDIR PYTHONSTARTUP PYTHONINSPECT PYTHONWARNINGS PYTHONOPTIMIZE \
  PYTHONDEVMODE PYTHONHASHSEED PYTHONIOENCODING PYTHONUSERBASE GIT_DIR GIT_WORK_TREE GIT_INDEX_FILE MATPLOTLIBRC GEOVAE_FORKS
export MPLBACKEND := agg
# Caches of pip, Snakemake, matplotlib and torch lie in the user's folder, or here where that cannot be written.
export XDG_CACHE_HOME := $(shell d="$${XDG_CACHE_HOME:-$$HOME/.cache}"; \
  mkdir -p "$$d" 2>/dev/null && test -w "$$d" || d="$$(pwd -P)/.cache"; echo "$$d")
# Whether an environment that was set up lies elsewhere now, or its Python is gone: paths stand in its programs.
moved = $(shell test ! -e $(1)/.ready || { test -x $(1)/bin/python && \
  head -n 3 $(1)/bin/pip | grep -qF "$$(cd $(1) && pwd -P)/bin/python"; } 2>/dev/null || echo moved)
set_up_again = $(if $(call moved,$(1)),@echo "$(1) was moved or its Python is gone: setting it up again.")

.PHONY: demo run unlock test test-all test-faults test-cluster test-cloud test-peers site verify lint format evidence keep crate docs lock bench bench-quick \
  gpu-check clean

demo: $(READY)  ## one VAE, the paper's sampler and its controls: a picture and a small table
	PYTHONPATH=workflow_scripts python -m reproduction.runtime.demo --cores $(CORES)

run: $(READY)  ## build every table and figure of config.yaml; what a killed build left locked is unlocked
	@PYTHONPATH=workflow_scripts python -m reproduction.runtime.liveness --quiet
	PYTHONPATH=workflow_scripts snakemake --cores $(CORES) --logger progress --report results/report.html --report-after-run
	@echo "Tables are in results/tables, figures in results/figures, scores in results/scores.csv; results/report.html shows all."

unlock: $(READY)  ## after a SIGKILL or a loss of power: unlock this folder, if no build is alive in it
	@PYTHONPATH=workflow_scripts python -m reproduction.runtime.liveness

test: $(READY)  ## the tests that continuous integration runs
	python -m pytest -n 2 -m "not slow"

test-all: $(READY)  ## the tests and their longer rounds
	python -m pytest -n 2

test-faults: $(READY)  ## more interruptions at random moments than the tests have
	python -m pytest tests/faults --rounds $(ROUNDS)

test-cluster: $(READY)  ## a build through a SLURM that is started for it; as root it installs Debian's packages
	python -m pytest tests/cluster

test-cloud: $(CLOUD)  ## a build whose jobs share an object store alone, each in a pod of a stand-in for Kubernetes; as root
	tests/cloud/.venv/bin/python -m pytest tests/cloud

test-peers: $(PEERS)  ## docs/your_vae.md on models of pythae and diffusers
	$(PEERS_PYTHON) -m pytest tests/peers

verify: $(READY)  ## build configs/smoke.yaml in a fresh clone and compare it with the record of this class of machines
	PYTHONPATH=workflow_scripts:tests python tests/verify/verify_build.py --cores $(CORES) $(if $(RECORD),--record)

lint: $(READY)  ## style of Python and Snakemake code
	ruff check .
	ruff format --check .
	snakefmt --check Snakefile rules workflow
	snakemake --lint

format: $(READY)  ## apply the style
	ruff check --fix .
	ruff format .
	snakefmt Snakefile rules workflow

evidence: $(READY)  ## the pages of docs/evidence from the records there, without training; under a minute
	PYTHONPATH=workflow_scripts python -m reproduction.evidence.render

# ROOT is the folder that it was built in, which may be another clone; a build that goes on is kept as far as it is.
# IMAGES is the folder of its images, as it was told it, where that is not the config's.
keep: $(READY)  ## add what a build of configs/evidence has so far to its record: make keep NAME=mnist
	PYTHONPATH=workflow_scripts python -m reproduction.evidence.keep "$$NAME" --root "$${ROOT:-.}" \
		$${IMAGES:+--images "$$IMAGES"}
	PYTHONPATH=workflow_scripts python -m reproduction.evidence.render

# CONFIG names the config files of the build, where it was not the default.
crate: $(READY)  ## results/ro-crate.zip: a build to deposit, with workflow, config and checksums: make crate CONFIG=…
	PYTHONPATH=workflow_scripts python -m reproduction.runtime.crate $(if $(CONFIG),--configfile $(CONFIG))

docs: $(READY)  ## docs/config.md, docs/protocol.md, the schema and the settings in docs/reproduction.md from the configs
	PYTHONPATH=workflow_scripts python -m reproduction.config.documents
	PYTHONPATH=workflow_scripts python -m reproduction.plan.protocol_page

# Strictly, mkdocs counts the warnings that it shows: --quiet would let them pass.
site: $(PAGES)  ## docs/ as a site in site/, with the library's public names; warnings are errors
	NO_MKDOCS_2_WARNING=1 docs/.venv/bin/mkdocs build --strict
	@echo "The pages are in site/index.html."

lock: $(READY)  ## envs/, docs/ and tests/cloud/requirements.txt from what stands in their .in files, and envs/*.yaml
	python -m pip install uv
	cd envs && uv pip compile --universal --fork-strategy fewest --python-version 3.11 --generate-hashes \
	  --no-emit-index-url --custom-compile-command "make lock" --upgrade requirements.in -o requirements.txt
	cd envs && uv pip compile --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
	  --custom-compile-command "make lock" --upgrade cloud.in -o cloud.txt
	python envs/conda_files.py
	cd docs && uv pip compile --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
	  --custom-compile-command "make lock" --upgrade requirements.in -o requirements.txt
	cd tests/cloud && uv pip compile --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
	  --custom-compile-command "make lock" --upgrade requirements.in -o requirements.txt

bench: $(PEERS)  ## speed against the peers, as in docs/performance.md; most of an hour on an idle machine
	set -e; for script in sampler medoids training precision evaluation fid planning; do \
	  $(PEERS_PYTHON) benchmarks/$${script}_speed.py --threads $(THREADS); echo; done
	$(PEERS_PYTHON) benchmarks/overhead.py --cores $(THREADS) --build

bench-quick: $(PEERS)  ## a subset in two minutes: is any ratio worse than recorded? RECORD=1 writes the record
	$(PEERS_PYTHON) benchmarks/quick.py --threads $(THREADS) $(if $(RECORD),--record)

# With PYTHON on the command line that interpreter is taken as it is, and nothing is installed.
gpu-check: $(if $(findstring command,$(origin PYTHON)),,$(READY))  ## nine minutes on a GPU: does all work there, how fast, and rows of Table 1
	$(if $(findstring command,$(origin PYTHON)),$(PYTHON),python) benchmarks/check_gpu.py $(ARGS)

# The marker is written last, so that an interrupted installation is taken up again.
.PHONY: $(foreach environment,$(VENV) benchmarks/.venv docs/.venv tests/cloud/.venv,$(if $(call moved,$(environment)),$(environment)/.ready))
$(READY): envs/requirements.txt
	$(call set_up_again,$(VENV))
	@$(PYTHON) -c 'import sys; v = sys.version_info[:2]; sys.exit((3, 11) > v and "Python 3.11 or later is needed: make PYTHON=python3.11 …")'
	@echo "Setting up $(VENV): about 6 GB, a few minutes, once."
	$(PYTHON) -m venv $(if $(call moved,$(VENV)),--clear) $(VENV)
	$(VENV)/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r envs/requirements.txt
	touch $@

# The peers of the benchmarks see .venv's packages (the same torch is measured), and .venv never sees them.
$(PEERS): $(READY) benchmarks/requirements.txt
	$(BIN)/python -m venv --clear benchmarks/.venv
	$(VENV)/bin/python -c 'import sysconfig; print(sysconfig.get_path("purelib"))' \
	  > $$(benchmarks/.venv/bin/python -c 'import sysconfig; print(sysconfig.get_path("purelib"))')/geovae.pth
	benchmarks/.venv/bin/python -m pip install --quiet --disable-pip-version-check --no-deps -r benchmarks/requirements.txt
	touch $@

# The tests of builds without a shared disk see .venv's packages too.
$(CLOUD): $(READY) tests/cloud/requirements.txt
	$(BIN)/python -m venv --clear tests/cloud/.venv
	$(VENV)/bin/python -c 'import sysconfig; print(sysconfig.get_path("purelib"))' \
	  > $$(tests/cloud/.venv/bin/python -c 'import sysconfig; print(sysconfig.get_path("purelib"))')/geovae.pth
	tests/cloud/.venv/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes \
	  -r tests/cloud/requirements.txt
	touch $@

$(PAGES): docs/requirements.txt
	$(PYTHON) -m venv --clear docs/.venv
	docs/.venv/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r docs/requirements.txt
	touch $@

clean:  ## everything that was built; .venv stays
	find results -mindepth 1 ! -name README.md -delete
	rm -rf .snakemake .cache .pytest_cache .ruff_cache .hypothesis site
