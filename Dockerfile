# The app as an image: docs/deploy-docker.md. No secret goes in; it runs as a user of its own and writes nothing but /tmp.
FROM python:3.13-slim-bookworm AS build
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1
RUN python -m venv /opt/venv
WORKDIR /app
COPY requirements/ requirements/
RUN /opt/venv/bin/pip install --require-hashes -r requirements/server.txt
COPY manage.py ./
COPY besa/ besa/
COPY quizzes/ quizzes/
COPY templates/ templates/
COPY static/ static/
COPY content/ content/
# Files get their hashed names here, once for all containers. The key signs nothing and is forgotten with this line.
RUN SECRET_KEY="$(python -c 'import secrets; print(secrets.token_urlsafe(50))')" DATA_DIR=/tmp/besa STATIC_DIR=/app/collected \
    /opt/venv/bin/python manage.py collectstatic --no-input \
 && /opt/venv/bin/python -m compileall -q besa quizzes manage.py

FROM python:3.13-slim-bookworm
RUN useradd --system --uid 10001 --no-create-home --shell /usr/sbin/nologin besa
COPY --from=build /opt/venv /opt/venv
COPY --from=build /app /app
WORKDIR /app
ENV PATH=/opt/venv/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 DATA_DIR=/tmp/besa STATIC_DIR=/app/collected
USER 10001
EXPOSE 8000
# By the name 127.0.0.1, which therefore belongs to ALLOWED_HOSTS.
HEALTHCHECK --interval=15s --timeout=5s --start-period=20s --retries=3 \
    CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8000/healthz', timeout=4)"]
CMD ["python", "manage.py", "serve", "--no-prepare", "--host", "0.0.0.0", "--workers", "2"]
