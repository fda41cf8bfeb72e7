# The server as an image: built with everything, run with what it loads.
#
#   docker build -t hyperfleet-api .
#   docker run --rm --read-only --tmpfs /tmp -v hyperfleet-data:/data -p 8000:8000 -p 8080:8080 -p 9090:9090 hyperfleet-api

# Both are Debian 13, with glibc 2.41: Node and the native modules run on the libraries that they were installed beside.
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
# What the API names as its build time, in seconds since 1970-01-01; without it, the time of this build.
ARG SOURCE_DATE_EPOCH
# What `hyperfleet version` names as its commit: there is no repository here.
ARG SOURCE_COMMIT
RUN npm run build && npm prune --omit=dev && node scripts/build/trim.mjs

# Without npm and the headers of Node, which nothing here uses.
FROM ${BASE_IMAGE}
COPY --from=build /usr/local/bin/node /usr/local/bin/
WORKDIR /app
COPY package.json LICENSE README.md ./
# What `hyperfleet docs` prints.
COPY docs docs
COPY --from=build /app/node_modules node_modules
COPY --from=build /app/dist dist
# A new volume takes over the owner of the folder that it is mounted on. The command loads Node and both native modules of
# the store: an image that lacks a file of theirs is not made.
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
# By number, so that a platform can see that it is not root.
USER 1000:1000
VOLUME /data
EXPOSE 8000 8080 9090
# Reads the settings that the server reads: variables, and the file in /etc/hyperfleet/config.yaml.
HEALTHCHECK --interval=10s --timeout=5s --start-period=10s CMD ["hyperfleet", "health"]
ENTRYPOINT ["hyperfleet"]
CMD ["serve"]
