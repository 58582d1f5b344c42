#!/usr/bin/env bash
export TZ=UTC
