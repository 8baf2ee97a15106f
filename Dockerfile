# Sallyport as an image: `docker build -t sallyport .`, then
# `docker run -v ./sallyport.yaml:/etc/sallyport/sallyport.yaml:ro … sallyport`.
# Runs as uid 1000 and needs no writable root file system: it writes to its state folder and where its sockets are.
ARG NODE_IMAGE=node:26-bookworm-slim

FROM ${NODE_IMAGE} AS build
WORKDIR /app
# Where TLS is signed anew on the way out: a certificate file inside the base image, for this stage only.
ARG NODE_EXTRA_CA_CERTS=
# Node is here already, so the install script of the npm package `node` has nothing to do.
COPY package.json package-lock.json ./
RUN npm ci --ignore-scripts --no-audit --no-fund
COPY tsconfig.json tsconfig.build.json ./
COPY src src
RUN npm run build \
 && chmod 0755 dist/cli/main.js \
 && find dist -name '*.d.ts' -delete \
 && npm prune --omit=dev --ignore-scripts --no-audit --no-fund

FROM ${NODE_IMAGE}
RUN mkdir -p /etc/sallyport /run/sallyport /var/lib/sallyport \
 && chown node:node /run/sallyport /var/lib/sallyport \
 && chmod 0700 /var/lib/sallyport \
 && ln -s /app/dist/cli/main.js /usr/local/bin/sallyport
WORKDIR /app
COPY package.json ./
COPY proto proto
COPY examples examples
COPY --from=build /app/node_modules node_modules
COPY --from=build /app/dist dist
ENV NODE_ENV=production
LABEL org.sallyport.image=sallyport
USER node
# The address of the admin listener, for the health check.
ENV SALLYPORT_HEALTH=127.0.0.1:9180
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s \
  CMD node /app/dist/cli/main.js health --address "$SALLYPORT_HEALTH"
# A small nursery makes many short pauses of the garbage collector out of a few long ones: docs/containers.md.
ENTRYPOINT ["node", "--max-semi-space-size=4", "/app/dist/cli/main.js"]
CMD ["serve", "--config", "/etc/sallyport/sallyport.yaml"]
