# The image of mattermost-ingress: `make image`. What may be copied from here stands in .dockerignore.
# test/image/ follows this file line by line where no builder is at hand: keep to the instructions it knows.
ARG BASE=node:26-bookworm-slim

FROM ${BASE} AS modules
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
# `npm ci` would refuse a lock file that lacks optional packages of other platforms.
RUN npm install --no-save --omit=dev --ignore-scripts
# Types, source maps, and what packages bring for their own tests and pages: a third of all, and never loaded.
RUN find node_modules -type f \( -name '*.d.ts' -o -name '*.d.mts' -o -name '*.d.cts' -o -name '*.map' \) -delete
RUN find node_modules -type d \( -name test -o -name tests -o -name docs -o -name example -o -name examples -o -name benchmarks -o -name .github \) -prune -exec rm -rf '{}' +
RUN rm -rf node_modules/@types node_modules/.bin node_modules/.package-lock.json

FROM ${BASE}
ARG VERSION=unknown
ARG REVISION=unknown
LABEL org.opencontainers.image.title="mattermost-ingress" \
      org.opencontainers.image.description="Ingress controller for Mattermost on Kubernetes" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}"
WORKDIR /app
COPY --from=modules /app/node_modules node_modules
COPY package.json LICENSE ./
COPY src src
# What --version, the log and the metric build_info say.
RUN echo "${REVISION:-unknown}" > revision
# Nobody in particular, and by number: Kubernetes cannot tell otherwise that it is not root.
USER 65532:65532
EXPOSE 8080 8443 10254
# Heap: the rest of the container's memory holds the buffers of sockets and TLS. Semi-space: what belongs to a burst of
# requests dies young there; V8's default of 16 MB moves it to the old space. The benchmarks run with the same 32 MB.
ENTRYPOINT ["node", "--max-old-space-size-percentage=60", "--max-semi-space-size=32", "/app/src/main.ts"]
CMD ["run"]
