# The image of the server. A build stage has all tools; the final stage has only the files that the server loads.
#
#   docker build -t hyperfleet-api .
#   docker run --rm --read-only --tmpfs /tmp -v hyperfleet-data:/data -p 8000:8000 -p 8080:8080 -p 9090:9090 hyperfleet-api

# Both are Debian 13 with glibc 2.41: Node and the native modules run with the libraries with which they were installed.
ARG NODE_IMAGE=node:24-trixie-slim
ARG BASE_IMAGE=debian:trixie-slim

FROM ${NODE_IMAGE} AS build
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
RUN npm ci
COPY tsconfig.json ./
COPY grammar grammar
COPY scripts scripts
COPY src src
COPY tools tools
# Build time that the API reports, in seconds since 1970-01-01; by default the time of this build.
ARG SOURCE_DATE_EPOCH
# Commit that `hyperfleet version` prints: the image has no repository.
ARG SOURCE_COMMIT
RUN npm run build && npm prune --omit=dev && node scripts/build/trim.mjs

# Has no npm and no headers of Node, which the server does not need.
FROM ${BASE_IMAGE}
COPY --from=build /usr/local/bin/node /usr/local/bin/
WORKDIR /app
COPY package.json LICENSE README.md ./
# Pages that `hyperfleet docs` prints.
COPY docs docs
COPY --from=build /app/node_modules node_modules
COPY --from=build /app/dist dist
# A new volume inherits the owner of its mount point. The final command loads Node and both native modules of the store, so
# that the build fails if one of their files is missing.
RUN ln -s /app/dist/src/cli/hyperfleet.js /usr/local/bin/hyperfleet \
    && groupadd --gid 1000 hyperfleet \
    && useradd --uid 1000 --gid hyperfleet --home-dir /data --no-create-home --shell /usr/sbin/nologin hyperfleet \
    && install --directory --owner=hyperfleet --group=hyperfleet --mode=0700 /data \
    && chmod a+x dist/src/cli/hyperfleet.js \
    && hyperfleet config --check
ENV NODE_ENV=production \
    NODE_OPTIONS=--enable-source-maps \
    HYPERFLEET_SERVER_HOST=0.0.0.0 \
    HYPERFLEET_STORAGE_PATH=/data/fleet
# A number, so that a platform can verify that it is not root.
USER 1000:1000
VOLUME /data
EXPOSE 8000 8080 9090
# Uses the server's settings: variables, and /etc/hyperfleet/config.yaml.
HEALTHCHECK --interval=10s --timeout=5s --start-period=10s CMD ["hyperfleet", "health"]
ENTRYPOINT ["hyperfleet"]
CMD ["serve"]
