# The build needs npm's registry; what is shipped is compiled JavaScript and production packages,
# the same for every architecture.
FROM --platform=$BUILDPLATFORM node:24-bookworm-slim AS build
WORKDIR /app
COPY package.json package-lock.json ./
RUN npm ci --no-audit --no-fund
COPY .swcrc nest-cli.json tsconfig.json tsconfig.build.json ./
COPY scripts/build scripts/bundle.mjs scripts/bundle-late.mjs scripts/bundle-without.mjs scripts/
COPY src src
RUN sh scripts/build
COPY scripts/warm.mjs scripts/
RUN mkdir -p .cache/compiled

FROM --platform=$BUILDPLATFORM node:24-bookworm-slim AS packages
WORKDIR /app
COPY package.json package-lock.json ./
# Optional packages are Node binaries and parts of the build: the image brings its own Node.
RUN npm ci --omit=dev --omit=optional --ignore-scripts --no-audit --no-fund \
  # Half of what is installed only serves editors and debuggers.
  && find node_modules -type f -name '*.map' -delete \
  && find node_modules -type f -name '*.d.*ts' -delete \
  && find node_modules -type f -name '*.d.ts' -delete

# A container starts with the file system of its image: what Node compiles at a start is made here, once. It serves the
# architecture that builds, and user 65532; others start without it, some 25 ms of CPU later.
FROM --platform=$BUILDPLATFORM gcr.io/distroless/nodejs24-debian12:nonroot AS compiled
ENV NODE_ENV=production NODE_COMPILE_CACHE=/app/.cache/compiled
WORKDIR /app
COPY package.json ./
COPY --from=build /app/dist/bundle dist/bundle
COPY --from=build --chown=65532:65532 /app/.cache .cache
COPY --from=build /app/scripts/warm.mjs scripts/warm.mjs
USER 65532:65532
RUN ["/nodejs/bin/node", "scripts/warm.mjs", "/nodejs/bin/node", "--max-semi-space-size=16", "/app/dist/bundle/main.js"]

FROM gcr.io/distroless/nodejs24-debian12:nonroot
LABEL org.opencontainers.image.title="tandem" \
      org.opencontainers.image.description="Routing for LLM inference whose prefill and decode run on different machines" \
      org.opencontainers.image.licenses="Apache-2.0"
ENV NODE_ENV=production NODE_COMPILE_CACHE=/app/.cache/compiled
WORKDIR /app
COPY LICENSE package.json ./
COPY --from=packages /app/node_modules node_modules
COPY --from=build /app/dist/bundle dist/bundle
COPY --from=compiled --chown=65532:65532 /app/.cache .cache
# A number, so that runAsNonRoot can be checked; any other user works as well.
USER 65532:65532
EXPOSE 8000 9090
STOPSIGNAL SIGTERM
# Asks the metrics port, which has no TLS. With --metrics-port set TANDEM_METRICS_PORT in its place.
HEALTHCHECK --interval=10s --timeout=3s --start-period=10s CMD ["/nodejs/bin/node", "-e", "fetch(`http://127.0.0.1:${process.env.TANDEM_METRICS_PORT ?? 9090}/health`).then((answer) => process.exit(answer.ok ? 0 : 1), () => process.exit(1))"]
# No shell, no npm: Node gets the signals. Arguments are those of bin/tandem.
# As bin/tandem does it.
ENTRYPOINT ["/nodejs/bin/node", "--max-semi-space-size=16", "/app/dist/bundle/main.js"]
