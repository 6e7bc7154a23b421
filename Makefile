# heavytail: every command of the README. `make help` lists them.

PREFIX ?= /usr/local
SWIFT ?= swift
# Self-contained programs: no Swift runtime is needed where they run.
RELEASE = -c release --static-swift-stdlib
# The process that reads HDF5 files, with libhdf5 in it where that is possible.
ARCHIVE = $(CURDIR)/.build/archive
BUILD_HDF5 = Sources/CHDF5/archive.sh $(ARCHIVE) && \
  PKG_CONFIG_PATH=$(ARCHIVE)$${PKG_CONFIG_PATH:+:$$PKG_CONFIG_PATH} $(SWIFT) build $(RELEASE) --product heavytail-hdf5 --quiet
PACKAGES = libhdf5-dev libopenblas-dev liblapacke-dev libprotobuf-c-dev zlib1g-dev libsqlite3-dev pkg-config
MODULES = hdf5 openblas lapacke libprotobuf-c zlib sqlite3
SOURCES = Package.swift Sources Plugins Tests Examples Benchmarks
# The trained models; Variety and Bad are for the tests.
SAMPLES = SampleModels/LeNet5 SampleModels/LeNet5Large SampleModels/MLP3

.PHONY: help run test sanitize build pictures install uninstall new-reader mutate fuzz bench page fits kernels phases zoo-soak cluster-check docs format lint dependencies clean

help:
	@echo "make run                 install what is missing, build, analyse the sample models"
	@echo "make test                install what is missing, run all tests"
	@echo "make sanitize            all tests again, under the address and thread sanitizers"
	@echo "make install PREFIX=…    install programs, completions and manual pages (default prefix: /usr/local)"
	@echo "make new-reader NAME=Foo begin a reader of one more format"
	@echo "make mutate              read damaged copies of the samples, 100,000 of each kind"
	@echo "make fuzz                look for inputs that end a reader, SECONDS=60 for each of TARGETS"
	@echo "make bench               measure speed and memory, beside WeightWatcher where PEER=… (a Python) has it"
	@echo "make page                measure how fast the HTML page of 300 layers is written and opens"
	@echo "make fits                measure the fits to one spectrum on one core, NAME=… only those with it"
	@echo "make kernels             measure Gram matrices and eigenvalues against the flop model, with THREADS=2"
	@echo "make phases              count how often the phases are right, on matrices of known phase"
	@echo "make pictures            draw the pictures of README and docs anew"
	@echo "make zoo-soak            analyse 400 models, kill and resume the run, then 100,000 synthetic ones"
	@echo "make cluster-check       the same models on Spark, Slurm and GNU parallel, those that are installed, PYTHON=… having PySpark"
	@echo "make docs                make the documentation of the libraries in .build/docs, a static site"
	@echo "make format, make lint   rewrite the sources in the house style, or check them"

run: build
	@.build/release/heavytail analyze $(SAMPLES)

build: dependencies
	@$(SWIFT) build $(RELEASE) --product heavytail --quiet
	@$(BUILD_HDF5)

test: dependencies
	$(SWIFT) test

# The same tests under the address and thread sanitizers, each in a build folder of its own.
# libhdf5 leaks a little by itself, in workers that end at once: leaks are not counted.
sanitize: dependencies
	ASAN_OPTIONS=detect_leaks=0 $(SWIFT) test --sanitize address --scratch-path .build/address
	$(SWIFT) test --sanitize thread --scratch-path .build/thread

# The tests hold the committed ones against these.
pictures: build
	.build/release/heavytail plot SampleModels/LeNet5/lenet5.pt --layer fc1 -o docs/lenet5-fc1.svg
	.build/release/heavytail trace SampleModels/Training/mlp3 --columns entropy,stable_rank --format svg -o docs/mlp3-training.svg
	.build/release/heavytail trace SampleModels/Training/batch-sizes --axis log --axis-title 'batch size' --columns mp_softrank,stable_rank --format svg -o docs/mlp3-batch-sizes.svg

# Programs, completions of three shells, and a manual page for each command.
SHARE = $(DESTDIR)$(PREFIX)/share
BASH = $(SHARE)/bash-completion/completions/heavytail
ZSH = $(SHARE)/zsh/site-functions/_heavytail
FISH = $(SHARE)/fish/vendor_completions.d/heavytail.fish

install: build
	@$(SWIFT) build $(RELEASE) --product generate-manual --quiet
	@docs/manual.sh .build/release/heavytail .build/release/generate-manual .build/man
	install -D -m 755 .build/release/heavytail $(DESTDIR)$(PREFIX)/bin/heavytail
	install -D -m 755 .build/release/heavytail-hdf5 $(DESTDIR)$(PREFIX)/libexec/heavytail/heavytail-hdf5
	install -d $(dir $(BASH)) $(dir $(ZSH)) $(dir $(FISH)) $(SHARE)/man/man1
	.build/release/heavytail --generate-completion-script bash > $(BASH)
	.build/release/heavytail --generate-completion-script zsh > $(ZSH)
	.build/release/heavytail --generate-completion-script fish > $(FISH)
	install -m 644 .build/man/*.1 $(SHARE)/man/man1

uninstall:
	rm -f $(DESTDIR)$(PREFIX)/bin/heavytail $(BASH) $(ZSH) $(FISH)
	rm -f $(SHARE)/man/man1/heavytail.1 $(SHARE)/man/man1/heavytail-*.1
	rm -rf $(DESTDIR)$(PREFIX)/libexec/heavytail

# What a reader in the tree begins with.
new-reader:
	@Plugins/new-reader/new-reader.sh '$(NAME)'

# The formats of the built-in readers: those that there are samples of.
READERS ?= $(shell sed -n 's/^   "format": "\(.*\)",$$/\1/p' SampleModels/manifest.json | sort -u)

# Damages copies of the sample files and reads them in processes with limits: no signal, no hang is allowed.
COUNT ?= 100000
SEED ?= 1
mutate: dependencies
	@$(SWIFT) build -c release --product mutate --quiet
	@$(BUILD_HDF5)
	@mkdir -p .build/damaged
	@status=0; for reader in $(READERS); do \
	  .build/release/mutate $$reader $(COUNT) $(SEED) .build/damaged $$(Tests/Fuzzing/samples.sh $$reader) || status=1; \
	done; exit $$status

# Coverage-guided fuzzing: SECONDS for each of TARGETS, from the sample files on. What it finds stays in .build/fuzz.
SECONDS ?= 60
TARGETS ?= $(READERS) zip pickle json npy shard-index hdf5-index
fuzz: build
	@HEAVYTAIL_FUZZ=1 $(SWIFT) build -c release --sanitize fuzzer --product fuzz --scratch-path .build/fuzz --quiet
	@status=0; for target in $(TARGETS); do Tests/Fuzzing/fuzz.sh $$target $(SECONDS) || status=1; done; exit $$status

# Median times of the fits to one spectrum.
fits: dependencies
	@$(SWIFT) build -c release --product fits --quiet
	@.build/release/fits $(NAME)

# Gram matrices and eigenvalues at the speed of the machine's matrix products.
THREADS ?= 2
kernels: dependencies
	@$(SWIFT) build -c release --product kernels --quiet
	@.build/release/kernels $(THREADS)

# How often the phases are right, on matrices of known phase.
phases: dependencies
	@$(SWIFT) build -c release --product phases --quiet
	@.build/release/phases

# Speed and memory of whole processes, PAIRS of them, beside WeightWatcher where the Python named PEER has it.
PEER ?= python3
PAIRS ?= 5
bench: build
	@$(SWIFT) build -c release --product kernels --quiet
	@python3 Benchmarks/measure.py .build/release/heavytail --kernels .build/release/kernels --peer $(PEER) --pairs $(PAIRS)

# Whether zoos hold what they promise, in a few minutes.
zoo-soak: build
	@python3 Benchmarks/zoo.py .build/release/heavytail

# How fast the HTML page of 300 layers is written, and opens in Chromium.
page: build
	@python3 Benchmarks/page.py .build/release/heavytail

# Whether clusters find what one machine finds: on two local executors of Spark, on one node of Slurm, with GNU parallel.
PYTHON ?= python3
cluster-check: build
	@$(PYTHON) Examples/cluster/check.py .build/release/heavytail

# One site of all public modules, for any web server: python3 -m http.server --directory .build/docs
docs: dependencies
	@$(SWIFT) build --quiet
	@docs/site.sh .build/docs

format:
	$(SWIFT) format --in-place --parallel --recursive $(SOURCES)

lint:
	$(SWIFT) format lint --strict --parallel --recursive $(SOURCES)

# The C libraries, installed only if pkg-config does not know them already.
dependencies:
	@command -v $(SWIFT) >/dev/null || { echo "error: Swift 6.2 or newer is needed: https://www.swift.org/install" >&2; exit 1; }
	@pkg-config --exists $(MODULES) 2>/dev/null || $(MAKE) --no-print-directory install-dependencies

.PHONY: install-dependencies
install-dependencies: SUDO = $(shell [ $$(id -u) -eq 0 ] || echo sudo)
install-dependencies:
	@echo "Installing missing C libraries with apt-get: $(PACKAGES)"
	@command -v apt-get >/dev/null || { echo "error: no apt-get here; install the equivalents of: $(PACKAGES)" >&2; exit 1; }
	$(SUDO) apt-get update -qq
	$(SUDO) env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq $(PACKAGES)

clean:
	rm -rf .build
