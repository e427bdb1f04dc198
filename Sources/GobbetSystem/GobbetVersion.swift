/// The version of this package, which its programs and libraries tell.
package let gobbetVersion: StaticString = "0.2.0"
