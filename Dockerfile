# The node as a container: one static binary, no shell, no root. It needs DATABASE_URL, REDIS_URL,
# ROOT_KEY_FILE and KEY_DIR from outside: the embedded services are for a machine, not for a container.
FROM golang:1.26-bookworm AS build
WORKDIR /src
COPY go.mod go.sum ./
RUN go mod download
COPY . .
ARG VERSION=dev
RUN CGO_ENABLED=0 go build -trimpath -ldflags "-s -w -X main.version=${VERSION}" -o /adviceline ./cmd/adviceline

FROM scratch
# For stores of other machines, whose certificates are checked.
COPY --from=build /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/
COPY --from=build /adviceline /adviceline
USER 65532:65532
# No folder is made for keys: one that is not mounted has to be missed. DATA_DIR is used by embedded
# services and demo accounts alone, so it need not exist.
ENV ADDR=0.0.0.0:8080 OPS_ADDR=0.0.0.0:9090 DATA_DIR=/data
EXPOSE 8080 9090
ENTRYPOINT ["/adviceline"]
CMD ["serve"]
