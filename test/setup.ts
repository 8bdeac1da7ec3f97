/**
 * Loads Nest before any test file does.
 *
 * `@willsoto/nestjs-prometheus` is CommonJS and requires the ESM `@nestjs/common`; inside jest's
 * module graph that fails with "Cannot require() ES Module in a cycle" unless Nest is already there.
 */
import 'reflect-metadata';
import '@nestjs/common';
import '@nestjs/core';
