/** The short way of a read by id: the stored text goes out as it is, past HAPI's objects. */
@NullMarked
package org.securemed.fhir.read;

import org.jspecify.annotations.NullMarked;
