/**
 * Bulk Data export over consented patients. A job says where to look; each file is made while it is fetched, of what
 * may be shown at that moment, and recorded before it leaves.
 *
 * @see <a href="https://hl7.org/fhir/uv/bulkdata/STU2/export.html">FHIR Bulk Data Access 2.0, Export</a>
 */
@NullMarked
package org.securemed.fhir.export;

import org.jspecify.annotations.NullMarked;
