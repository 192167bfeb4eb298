@NullMarked
package org.securemed.fhir.demo;

import org.jspecify.annotations.NullMarked;
