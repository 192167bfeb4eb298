/**
 * What is said to a smart card and what it answers: command and response APDUs and status words.
 *
 * <p>Pure values, no I/O: parsing is strict, and a value that exists can be sent. Knows no card and no reader.
 *
 * @see <a href="https://www.iso.org/standard/77180.html">ISO/IEC 7816-4:2020, clause 5</a>
 */
@NullMarked
package org.securemed.card.apdu;

import org.jspecify.annotations.NullMarked;
