# SPDX-License-Identifier: Apache-2.0
# Names for what meson and tools/ do. Every target sets up what is missing first.
export PATH := $(PATH):$(CURDIR)/.cache/bin

.PHONY: all setup test demo playground bench lint fuzz docs fresh image clean

all: setup                     # the programs, in build/
	@tools/build.sh build

setup:                         # Debian packages, npm packages, terraform: what is missing of them
	@tools/setup.sh

test: setup                    # everything that must hold before a change lands
	@tools/test.sh

demo: all                      # a pull request from opening to apply, in the terminal
	@/usr/bin/python3 tools/demo.py

playground: all                # the same to try by hand: prints two URLs and stays
	@/usr/bin/python3 tools/demo.py --stay

bench: all                     # speed and size, beside the same tools run bare
	@/usr/bin/python3 bench/bench.py

lint: setup                    # clang-tidy and the checks of the test run that need no test
	@tools/lint.sh

fuzz: setup                    # each fuzz target for FUZZ_SECONDS (60)
	@tools/fuzz.sh

docs: all                      # writes the generated pages anew
	@build/src/cli/hadal reference server >docs/reference/server.md
	@build/src/cli/hadal reference repos-yaml >docs/reference/repos-yaml.md
	@build/src/cli/hadal reference atlantis-yaml >docs/reference/atlantis-yaml.md
	@build/src/cli/hadal reference bundle-yaml >docs/reference/bundle-yaml.md
	@build/src/cli/hadal reference organizations-yaml >docs/reference/organizations-yaml.md
	@build/src/cli/hadal reference metrics >docs/reference/metrics.md
	@build/src/cli/hadal reference commands >docs/reference/commands.md
	@build/src/cli/hadal reference environment >docs/reference/environment.md
	@build/src/cli/hadal reference tools >docs/reference/tools.md
	@build/src/cli/hadal schema repos >docs/reference/repos.schema.json
	@build/src/cli/hadal schema atlantis >docs/reference/atlantis.schema.json

fresh:                         # demo and test on a bare Debian 12; root only
	@tools/fresh.sh

image: all                     # builds the images by buildah and tests what comes out; root only
	@tools/image.sh

clean:
	rm -rf build build-*
