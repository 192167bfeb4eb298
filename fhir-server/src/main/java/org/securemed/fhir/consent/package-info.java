/**
 * The consent gate: what a request may touch is decided before the database is asked, and what comes out is checked
 * again. Its parts are HAPI interceptors, listed in their order in {@code server.ServerConfiguration}.
 */
@NullMarked
package org.securemed.fhir.consent;

import org.jspecify.annotations.NullMarked;
