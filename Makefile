# didymos: build, test, demonstrate. `make help` lists the targets.
SHELL := /bin/bash
PREFIX ?= /usr/local
CONFIGURATION ?= release
BIN := .build/$(CONFIGURATION)
BUILD := swift build -c $(CONFIGURATION)
# Ranks as root and more ranks than cores: for tests on one machine, harmless elsewhere.
export OMPI_ALLOW_RUN_AS_ROOT := 1
export OMPI_ALLOW_RUN_AS_ROOT_CONFIRM := 1
export OMPI_MCA_rmaps_base_oversubscribe := 1
export OMPI_MCA_mpi_yield_when_idle := 1
export OMP_NUM_THREADS ?= 1
export OPENBLAS_NUM_THREADS ?= 1

EXECUTABLES := flowtrain gan3d glitchgen pulsardt scaling selfcheck

.PHONY: help deps build test demo selfcheck install bench acceptance lint docs clean

help: ## list the targets
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:[^#]*##/ —/'

deps: ## the C libraries: apt where there is apt and root or sudo, else a list of modules to load
	@./Tools/install-dependencies.sh

build: deps ## the executables, optimised for this machine (DIDYMOS_MARCH=… for another)
	$(BUILD)

test: deps ## every test, in release; peers that are missing skip by name
	$(BUILD) --build-tests
	./Tools/test.sh $(CONFIGURATION)

demo: build ## the main jobs: HMC, training, a stop by signal, a restart on other ranks, a report; showers, a pulsar, and glitches from simulation to report
	./examples/demo.sh $(BIN)

selfcheck: build ## one line for each thing that must work on a new machine
	mpirun -n 2 $(BIN)/selfcheck

install: deps ## PREFIX=/usr/local: executables without a need for Swift, jobs, modulefiles, manual pages, completions, examples
	for e in $(EXECUTABLES); do DIDYMOS_REVISION=$${DIDYMOS_REVISION:-$$(git rev-parse --short HEAD 2>/dev/null || echo unknown)} \
	    swift build -c release --scratch-path .build-install --static-swift-stdlib --product $$e || exit 1; done
	./Tools/install.sh .build-install/release $(PREFIX) $(EXECUTABLES)
	@for e in $(EXECUTABLES); do if ldd $(PREFIX)/bin/$$e | grep -i swift; then echo "$$e needs the Swift runtime" >&2; exit 1; fi; done

bench: build ## the timings of benchmarks/, each beside its peer
	./benchmarks/run.sh $(BIN)

acceptance: build ## the long physics and training runs behind the committed results
	./benchmarks/acceptance.sh $(BIN)

docs: build ## .build/documentation: the reference of all public declarations, by DocC; `make docs` says how to read it
	./Tools/documentation.sh .build/$(CONFIGURATION) .build/documentation

lint: ## house rules that a compiler does not check
	./Tools/lint.sh

clean:
	rm -rf .build .build-install runs
