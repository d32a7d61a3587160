! Fortran, in both ways.
!
!     gfortran -O2 -shared -fPIC -o libkepler.so kepler.f90
!
! A function that knows nothing of smap, called on columns (gfortran adds an underscore to its name):
!
!     printf '%s\n' '1.0 0.5' '2.0 0.1' |
!         smap --worker ./libkepler.so:eccentric_anomaly_ --signature 'double(const double *, const double *)'
!
! The same as a worker, which reads the task and emits the result itself:
!
!     printf '%s\n' '1.0 0.5' '2.0 0.1' | smap --worker ./libkepler.so:kepler

! The eccentric anomaly by Newton's method, from the mean anomaly and the eccentricity.
function eccentric_anomaly(mean, e) result(x)
    implicit none
    double precision, intent(in) :: mean, e
    double precision :: x, step
    integer :: i

    x = mean
    do i = 1, 50
        step = (x - e * sin(x) - mean) / (1 - e * cos(x))
        x = x - step
        if (abs(step) < 1d-14) exit
    end do
end function

module kepler_worker
    use iso_c_binding
    implicit none

    ! The value of SMAP_ABI in smap.h: version 1, struct smap_task and struct smap_context of 40 bytes.
    integer(c_int64_t), bind(c, name="kepler_abi") :: abi = int(z'100280028', c_int64_t)

    type, bind(c) :: smap_task
        integer(c_int64_t) :: number
        type(c_ptr) :: text
        integer(c_size_t) :: length
        integer(c_int32_t) :: attempt, fields
        type(c_ptr) :: field
    end type

    interface
        integer(c_int) function smap_emit(context, bytes, length) bind(c)
            import
            type(c_ptr), value :: context
            character(kind=c_char), intent(in) :: bytes(*)
            integer(c_size_t), value :: length
        end function
        integer(c_int) function smap_error(context, text) bind(c)
            import
            type(c_ptr), value :: context
            character(kind=c_char), intent(in) :: text(*)
        end function
    end interface

contains

    integer(c_int) function kepler(context, task) bind(c)
        type(c_ptr), value :: context
        type(smap_task), intent(in) :: task
        character(kind=c_char), pointer :: bytes(:)
        character(len=200) :: line
        double precision :: mean, e, eccentric_anomaly
        integer :: i, failed
        external :: eccentric_anomaly

        call c_f_pointer(task%text, bytes, [task%length])
        line = ''
        do i = 1, min(len(line), size(bytes))
            line(i:i) = bytes(i)
        end do
        read (line, *, iostat=failed) mean, e
        if (failed /= 0) then
            kepler = smap_error(context, 'two numbers are needed' // c_null_char)
            return
        end if
        write (line, '(f0.12)') eccentric_anomaly(mean, e)
        kepler = smap_emit(context, line, int(len_trim(line), c_size_t))
    end function
end module
