# One image for all programs: arguments choose (docs/image.md). The build needs npm's registry and these two images.
# A tag may move; with its digest a build is of one base for ever: --build-arg NODE_DIGEST=sha256:…
ARG NODE_IMAGE=docker.io/library/node:24.21.0-trixie-slim
ARG NODE_DIGEST
ARG RUNTIME_IMAGE=gcr.io/distroless/nodejs24-debian13:nonroot
ARG RUNTIME_DIGEST

# What is shipped is JavaScript, the same for every architecture: it is made on the one that builds.
FROM --platform=$BUILDPLATFORM ${NODE_IMAGE}${NODE_DIGEST:+@${NODE_DIGEST}} AS build
# Another registry than npm's own.
ARG NPM_CONFIG_REGISTRY
WORKDIR /app
COPY package.json package-lock.json ./
RUN npm ci --no-audit --no-fund
COPY .swcrc nest-cli.json tsconfig.json tsconfig.build.json ./
COPY scripts/build scripts/bundle.mjs scripts/bundle-late.mjs scripts/bundle-without.mjs scripts/types.mjs scripts/
COPY src src
COPY scripts/image scripts/image
# Whatever the umask was where the sources come from, every user may read what is made of them.
RUN sh scripts/build \
  && node scripts/image/imports.mjs dist/bundle >imported \
  && chmod -R a+rX,go-w dist/bundle \
  && mkdir -p .cache/compiled

FROM --platform=$BUILDPLATFORM ${NODE_IMAGE}${NODE_DIGEST:+@${NODE_DIGEST}} AS packages
ARG NPM_CONFIG_REGISTRY
WORKDIR /app
COPY package.json package-lock.json ./
# Optional packages are Node binaries: the image brings its own Node.
RUN npm ci --omit=dev --omit=optional --ignore-scripts --no-audit --no-fund
COPY scripts/image scripts/image
COPY --from=build /app/imported ./
RUN node scripts/image/prune.mjs imported \
  && chmod -R a+rX,go-w node_modules

# A container starts with the file system of its image: what Node compiles at a start is made here, once. It serves the
# architecture that builds, and user 65532; others start without it, some 25 ms of CPU later.
FROM --platform=$BUILDPLATFORM ${RUNTIME_IMAGE}${RUNTIME_DIGEST:+@${RUNTIME_DIGEST}} AS compiled
ENV NODE_ENV=production NODE_COMPILE_CACHE=/app/.cache/compiled
WORKDIR /app
COPY --chmod=0644 package.json ./
COPY --from=build /app/dist/bundle dist/bundle
COPY --from=build --chown=65532:65532 /app/.cache .cache
COPY --chmod=0644 scripts/warm.mjs scripts/
USER 65532:65532
RUN ["/nodejs/bin/node", "scripts/warm.mjs", "/nodejs/bin/node", "--max-semi-space-size=16", "/app/dist/bundle/main.js"]

FROM ${RUNTIME_IMAGE}${RUNTIME_DIGEST:+@${RUNTIME_DIGEST}}
ARG RUNTIME_IMAGE
ARG VERSION=0.1.0
LABEL org.opencontainers.image.title="tandem" \
      org.opencontainers.image.description="Routing for LLM inference whose prefill and decode run on different machines" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.version="$VERSION" \
      org.opencontainers.image.base.name="$RUNTIME_IMAGE"
ENV NODE_ENV=production NODE_COMPILE_CACHE=/app/.cache/compiled
WORKDIR /app
COPY --from=packages /app/node_modules node_modules
COPY --chmod=0644 LICENSE package.json ./
COPY --from=build /app/dist/bundle dist/bundle
COPY --from=compiled --chown=65532:65532 /app/.cache .cache
# A number, so that runAsNonRoot can be checked; any other user works as well.
USER 65532:65532
# Where programs listen unless they are told otherwise. Sidecar: 8000, and metrics at 9090; picker: 9002, 9003, 9090;
# router: 30000.
EXPOSE 8000 9002 9003 9090 30000
STOPSIGNAL SIGTERM
# No shell, no npm: Node gets the signals. Arguments are those of bin/tandem, and so is the flag.
ENTRYPOINT ["/nodejs/bin/node", "--max-semi-space-size=16", "/app/dist/bundle/main.js"]
